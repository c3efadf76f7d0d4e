import { useSyncExternalStore } from "react";

import type { HubIncident } from "../data/hub_incidents";
import type { Interruption } from "../data/stream_log";
import { formatCount } from "../format/numbers";
import { formatClock } from "../format/times";
import { visible } from "../format/texts";
import { useSecond } from "../ui/hooks";
import { useHub } from "../ui/hub";

const SHOWN = 50;

/** The gaps and the ends of the page's own stream, the newest first. */
export function PageInterruptions() {
  const { live } = useHub();
  const all = useSyncExternalStore(live.log.changed.subscribe, () => live.log.all);
  const ahead = live.clock.ahead;
  const rows = all.slice(0, SHOWN).map((entry) => ({
    at: entry.at + ahead,
    what: pageText(entry),
    missed: entry.kind === "gap" ? missedText(entry.missed ?? undefined) : "",
  }));
  return (
    <Incidents
      label="Gaps and ends of this page’s stream"
      rows={rows}
      more={all.length - rows.length}
      none="The stream of this page has had no gap, and has not ended, since the page was opened."
    />
  );
}

/** What the hub's counters have told since the hub's page was opened. */
export function HubIncidents({ all }: { all: readonly HubIncident[] }) {
  const { live } = useHub();
  const ahead = live.clock.ahead;
  const rows = all.slice(0, SHOWN).map((incident) => ({
    at: incident.at + ahead,
    what: hubText(incident),
    missed: incident.kind === "gap" ? missedText(incident.missed) : "",
  }));
  return (
    <Incidents
      label="Gaps and closings of all streams"
      rows={rows}
      more={all.length - rows.length}
      none="No gap was reported, and no stream closed or refused, since this page was opened."
    />
  );
}

interface IncidentsProps {
  label: string;
  rows: readonly { at: number; what: string; missed: string }[];
  more: number;
  none: string;
}

function Incidents({ label, rows, more, none }: IncidentsProps) {
  const now = useSecond();
  if (rows.length === 0) return <p className="hint">{none}</p>;
  return (
    <>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls, also by keys */}
      <div className="wide" role="region" aria-label={label} tabIndex={0}>
        <table className="incidents" aria-label={label}>
          <thead>
            <tr>
              <th scope="col">Time</th>
              <th scope="col">What</th>
              <th scope="col" className="number">
                Missed
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ at, what, missed }, index) => (
              <tr key={rows.length - index}>
                <td>{formatClock(at, now)}</td>
                <td>{visible(what)}</td>
                <td className="number">{missed}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {more > 0 && <p className="hint">and {formatCount(more)} before them</p>}
    </>
  );
}

function pageText({ kind, reason, times, at, last }: Interruption): string {
  if (kind === "gap") return gapReason(reason);
  if (kind === "closed") return `closed by the hub: ${reason}`;
  if (times === 1) return reason;
  return `${reason}, ${formatCount(times)} times, until ${formatClock(last, at)}`;
}

function hubText({ kind, reason, count }: HubIncident): string {
  const streams = count === 1 ? "1 stream" : `${formatCount(count)} streams`;
  switch (kind) {
    case "gap":
      return `${streams} told of a gap: ${gapReason(reason)}`;
    case "closed":
      return `${streams} closed: ${reason}`;
    case "refused":
      return `${streams} refused: ${reason}`;
  }
}

function gapReason(reason: string): string {
  switch (reason) {
    case "expired":
      return "events had expired before they were seen";
    case "other-stream":
      return "the hub was restarted";
    default:
      return reason;
  }
}

function missedText(missed: number | undefined): string {
  return missed === undefined ? "not known" : formatCount(missed);
}
