import { useState } from "react";

import {
  type HubStatus,
  type HubStream,
  STREAM_SORTS,
  type StreamSort,
  streamListing,
} from "../data/hub_status";
import { formatBytes, formatCount } from "../format/numbers";
import { formatSpan } from "../format/times";
import { visible } from "../format/texts";
import { changeParams, useRoute } from "../ui/hooks";

const ROWS = 100;

/** Who is connected, how far behind, and what takes him out. */
export function HubStreams({ status }: { status: HubStatus }) {
  const { params } = useRoute();
  const search = params.get("peer") ?? "";
  const sort = sortFrom(params.get("by"));
  const [failure, setFailure] = useState("");
  const shown = streamListing(status.streams, search, sort);
  const close = (stream: HubStream) =>
    void status.close(stream.id).then((refusal) => setFailure(refusal?.reason ?? ""));

  return (
    <section aria-labelledby="streams-title">
      <div className="section-head">
        <h2 id="streams-title">Streams</h2>
      </div>
      <div className="toolbar">
        <input
          type="search"
          id="search"
          value={search}
          placeholder="Peer, principal or filter"
          aria-label="Search streams"
          onChange={(event) => changeParams({ peer: event.target.value })}
        />
        <label className="sort">
          <span aria-hidden="true">Sort by</span>
          <select
            aria-label="Sort streams by"
            value={sort}
            onChange={(event) => changeParams({ by: event.target.value })}
          >
            {STREAM_SORTS.map(({ key, label }) => (
              <option key={key} value={key}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <p className="count" role="status">
          {countOf(shown.length, status)}
        </p>
        {failure !== "" && (
          <p className="error" role="alert">
            The stream was not closed: {failure}
          </p>
        )}
      </div>
      <div className="wide">
        <table className="streams">
          <thead>
            <tr>
              <th scope="col">Peer</th>
              <th scope="col">Filter</th>
              <th scope="col" className="number">
                Age
              </th>
              <th scope="col" className="number">
                Behind
              </th>
              <th scope="col" className="number">
                Sent
              </th>
              <th scope="col" className="number">
                Now
              </th>
              <th scope="col">State</th>
              <th scope="col">
                <span className="unseen">Close</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.slice(0, ROWS).map((stream) => (
              <StreamRow key={stream.id} stream={stream} onClose={() => close(stream)} />
            ))}
          </tbody>
        </table>
      </div>
      {shown.length > ROWS && <p className="hint">the first {ROWS} are shown</p>}
    </section>
  );
}

function StreamRow({ stream, onClose }: { stream: HubStream; onClose: () => void }) {
  const [isSure, setSure] = useState(false);
  const behind =
    stream.lagEvents === 0 ? "0" : `${formatCount(stream.lagEvents)} events, ${formatBytes(stream.lagBytes)}`;
  return (
    <tr className={stream.isBlocked ? "is-blocked" : undefined}>
      <td>
        <bdi>{visible(stream.peer)}</bdi>
        {stream.principal !== "" && <span className="hint"> {visible(stream.principal)}</span>}
      </td>
      <td>
        {stream.filter === "" ? (
          <span className="hint">everything</span>
        ) : (
          <bdi>{visible(stream.filter)}</bdi>
        )}
      </td>
      <td className="number">{formatSpan(Math.max(1_000, stream.ageSeconds * 1_000))}</td>
      <td className="number">{behind}</td>
      <td className="number">{formatBytes(stream.sentBytes)}</td>
      <td className="number">
        {stream.bytesPerSecond === undefined ? "–" : `${formatBytes(Math.round(stream.bytesPerSecond))}/s`}
      </td>
      <td>{stream.isBlocked ? "blocked" : stream.isParked ? "reads the disk" : "live"}</td>
      <td>
        <button
          type="button"
          aria-label={`${isSure ? "Really close" : "Close"} the stream of ${visible(stream.peer)}`}
          onClick={() => (isSure ? onClose() : setSure(true))}
          onBlur={() => setSure(false)}
        >
          {isSure ? "Really?" : "Close"}
        </button>
      </td>
    </tr>
  );
}

function countOf(shown: number, status: HubStatus): string {
  const listed = status.streams.length;
  if (listed >= 1_000 && status.open > listed)
    return `${formatCount(shown)} of the newest ${formatCount(listed)}`;
  return shown === listed ? `${formatCount(listed)} open` : `${formatCount(shown)} of ${formatCount(listed)}`;
}

function sortFrom(text: string | null): StreamSort {
  return STREAM_SORTS.find(({ key }) => key === text)?.key ?? "lag";
}
