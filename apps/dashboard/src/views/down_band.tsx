import { useEffect, useState } from "react";

import type { Connection } from "../data/live_metrics";
import { formatClock } from "../format/times";
import { useConnection, useNow } from "../ui/hooks";
import { useHub } from "../ui/hub";

// A reconnect that takes less concerns no reader.
const AFTER_MS = 3_000;

/** Since when the page has not been live, once that has lasted. */
export function useDownSince(): number | undefined {
  const { live } = useHub();
  const connection = useConnection();
  const isFine =
    connection.phase === "live" || connection.phase === "hidden" || connection.phase === "locked";
  const [since, setSince] = useState<number>();
  if (isFine && since !== undefined) setSince(undefined);
  useEffect(() => {
    if (isFine) return undefined;
    const begun = Date.now();
    const timer = window.setTimeout(() => setSince(begun), AFTER_MS);
    return () => window.clearTimeout(timer);
  }, [isFine, live]);
  return isFine ? undefined : since;
}

/** Across the window, so that it is seen from the other end of a room. */
export function DownBand({ since }: { since: number }) {
  const { live } = useHub();
  const connection = useConnection();
  const now = useNow();
  return (
    <div className="down-band">
      <strong>Not live since {formatClock(since + (live.hubNow() - live.pulse.now), now)}</strong>{" "}
      <span>{whyText(connection)}</span>
      {connection.phase === "waiting" && (
        <button type="button" onClick={() => window.location.reload()}>
          Reload the page
        </button>
      )}
    </div>
  );
}

function whyText(connection: Connection): string {
  switch (connection.phase) {
    case "waiting":
      return connection.reason;
    case "unanswered":
      return "the hub does not answer";
    default:
      return "connecting";
  }
}
