import { hubAddress } from "../ui/page_address";

/** What a hub without metrics shows: how to begin. */
export function EmptyHub() {
  const address = hubAddress();
  return (
    <section className="empty" aria-labelledby="empty-title">
      <h1 id="empty-title">No metrics yet</h1>
      <p>This hub is running and listening. Send it a first reading, and it appears here at once.</p>
      <p>From the command line:</p>
      <pre>
        <code>{`sse-pub reading --url ${address} --create --metric answer --value 42`}</code>
      </pre>
      <p>Or with nothing but curl:</p>
      <pre>
        <code>{`curl -d '{"name":"answer","input_frequency":"1s"}' ${address}/metrics`}</code>
      </pre>
      <p>
        Or press <kbd>n</kbd> to create a metric right here.
      </p>
    </section>
  );
}
