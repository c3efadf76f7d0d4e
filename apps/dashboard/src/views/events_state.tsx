import type { ReactNode } from "react";

import type { TailState } from "../data/event_tail";
import { formatCount } from "../format/numbers";
import { formatClock } from "../format/times";
import { backToLive, changeParams, useConnection, useSecond } from "../ui/hooks";

export const SINCE = [
  { since: "-100", label: "the newest 100" },
  { since: "-1000", label: "the newest 1,000" },
  { since: "5m", label: "5 minutes" },
  { since: "1h", label: "1 hour" },
  { since: "earliest", label: "everything" },
] as const;

export function State({ state, onStop }: { state: TailState; onStop: () => void }) {
  const connection = useConnection();
  const now = useSecond();
  if (state.phase === "over") {
    return (
      <p className="hint searching" role="status">
        <span>the time given is over: what comes is not shown</span>
        <button type="button" onClick={backToLive}>
          Back to live
        </button>
      </p>
    );
  }
  if (state.phase !== "searching") {
    return (
      <p className={state.phase === "refused" ? "error" : "count"} role="status">
        {stateText(state, connection.phase === "live")}
      </p>
    );
  }
  const { at, looked, all } = state;
  return (
    <p className="count searching" role="status">
      <span>
        searching{Number.isNaN(at) ? "" : `, up to ${formatClock(at, now)}`}
        {looked !== undefined && all !== undefined && (
          <>
            {" "}
            <progress max={Math.max(1, all)} value={looked} aria-label="Searched" /> {formatCount(looked)} of{" "}
            {formatCount(all)} events
          </>
        )}
      </span>
      <button type="button" onClick={onStop}>
        Stop
      </button>
    </p>
  );
}

function stateText(state: TailState, isConnected: boolean): string {
  switch (state.phase) {
    case "closed":
    case "over":
    case "searching":
      return "";
    case "live":
      return isConnected ? "live" : "not connected: what comes now is shown later";
    case "refused":
      return state.reason;
    case "waiting":
      return `${state.reason}; another try follows`;
  }
}

interface NothingFoundProps {
  state: TailState;
  isNarrow: boolean;
  since: string;
  /** The time is given by a beginning, or an end. */
  isTimed: boolean;
}

/** What was looked for and where; never that there is nothing while it is not known. */
export function NothingFound({ state, isNarrow, since, isTimed }: NothingFoundProps): ReactNode {
  const connection = useConnection();
  if (state.phase === "over") {
    return (
      <p className="nothing">
        {isNarrow
          ? "Nothing that matches was found in the time given."
          : "The log has no events of the time given."}
      </p>
    );
  }
  if (state.phase !== "live") return null;
  if (connection.phase !== "live") return <p className="nothing">The hub cannot be reached.</p>;
  const span = SINCE.find((choice) => choice.since === since)?.label ?? `since ${since}`;
  if (isNarrow || isTimed) {
    const where = isTimed ? "the time given" : since === "earliest" ? "the whole log" : span;
    return (
      <p className="nothing">
        {isNarrow ? "Nothing that matches" : "Nothing"} was found in {where}. What comes is shown here.
      </p>
    );
  }
  return (
    <p className="nothing">
      The log is empty. An event comes with <code>sse-pub</code>, with curl, or with the button Publish.
    </p>
  );
}

interface FurtherProps {
  hidden: number;
  since: string;
  isSearched: boolean;
  onMore: () => void;
}

/** At the end of the list: what else there is, and how to get there. */
export function Further({ hidden, since, isSearched, onMore }: FurtherProps) {
  if (hidden > 0) {
    return (
      <button type="button" className="further" onClick={onMore}>
        Show more
      </button>
    );
  }
  const newest = /^-(\d+)$/.exec(since);
  if (!isSearched || since === "earliest") return null;
  const wider = newest && Number(newest[1]) < 1_000 ? "-1000" : since === "5m" ? "1h" : "earliest";
  const label = SINCE.find((choice) => choice.since === wider)?.label ?? wider;
  return (
    <button type="button" className="further" onClick={() => changeParams({ since: wider })}>
      Look further back: {label}
    </button>
  );
}
