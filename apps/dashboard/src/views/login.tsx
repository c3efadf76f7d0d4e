import { useState } from "react";

import { visible } from "../format/texts";
import { Field } from "../ui/field";
import { HubForm } from "../ui/hub_form";
import { useHub } from "../ui/hub";

/** What a hub that asks for tokens shows until it has got one. */
export function Login({ why }: { why: string }) {
  const { access } = useHub();
  const [token, setToken] = useState("");
  return (
    <section className="login" aria-labelledby="login-title">
      <h1 id="login-title">This hub asks for a token</h1>
      {why !== "" && <p role="status">{visible(why)}</p>}
      <HubForm submitLabel="Log in" send={() => access.logIn(token.trim())} onDone={() => setToken("")}>
        {(errorOf) => (
          <Field
            label="Token"
            name="token"
            type="password"
            value={token}
            onChange={setToken}
            error={errorOf("token")}
            hint="As sse-serve token add has printed it. The page does not keep it: the hub sets a cookie, for a day at most."
          />
        )}
      </HubForm>
    </section>
  );
}
