import { Suspense, useState, useSyncExternalStore } from "react";

import type { Connection, GapSeen } from "../data/live_metrics";
import { formatCount, formatRate } from "../format/numbers";
import { formatClock, formatSpan, zoneLabel } from "../format/times";
import { changeParams, useAlerts, useConnection, useNow, useRoute } from "../ui/hooks";
import { useHub } from "../ui/hub";
import { later } from "../ui/later";

const AlertsDialog = later(() => import("./alerts_dialog").then(({ AlertsDialog: view }) => view));

// By then it has been seen, or is of no interest.
const GAP_SHOWN_MS = 5 * 60_000;

export function StatusBar() {
  const { live } = useHub();
  const { params } = useRoute();
  const connection = useConnection();
  const now = useNow();
  const wall = live.pulse.now;
  const delay = live.applier.delay.quantile(0.95, now);
  const debugging = params.has("debug");

  return (
    <footer className="status" aria-label="Connection">
      <p className={`state ${connection.phase}`}>
        <span className="dot" aria-hidden="true" />
        {/* Read out when the phase changes; the countdown beside it is for the eyes. */}
        <span role="status" data-testid="connection">
          {phaseText(connection)}
        </span>
        {connection.phase === "waiting" && (
          <>
            <span aria-hidden="true">
              {" "}
              in {Math.max(0, Math.ceil((connection.until - wall) / 1_000))} s, {connection.reason}
            </span>
            <button type="button" onClick={() => live.resume()}>
              Now
            </button>
          </>
        )}
        {connection.phase === "unanswered" && (
          <span aria-hidden="true"> for {formatSpan(Math.max(1_000, wall - connection.since))}</span>
        )}
      </p>
      <GapNote />
      <dl className="vitals">
        <div>
          <dt>events</dt>
          <dd data-testid="rate">{formatRate(live.applier.rate.rate(wall))}/s</dd>
        </div>
        <div>
          <dt title="From the hub to this screen; 95 of 100 events took no longer">delay p95</dt>
          <dd data-testid="delay">{delay === undefined ? "–" : `${Math.round(delay)} ms`}</dd>
        </div>
      </dl>
      <ZoneButton now={now} />
      <AlertsButton />
      <button
        type="button"
        aria-pressed={debugging}
        aria-keyshortcuts="d"
        onClick={() => changeParams({ debug: debugging ? null : "1" })}
      >
        Debug
      </button>
    </footer>
  );
}

/** In which zone times are shown, and typed. */
function ZoneButton({ now }: { now: number }) {
  const isUtc = useRoute().params.get("tz") === "utc";
  return (
    <button
      type="button"
      className="zone"
      data-testid="zone"
      title={isUtc ? "Times are those of UTC: show local times" : "Times are local: show those of UTC"}
      onClick={() => changeParams({ tz: isUtc ? null : "utc" })}
    >
      {zoneLabel(now)}
    </button>
  );
}

function AlertsButton() {
  const alerts = useAlerts();
  const [isOpen, setOpen] = useState(false);
  const isBroken = alerts.some(({ level }) => level === "bad");
  return (
    <>
      <button
        type="button"
        className={isBroken ? "is-broken" : alerts.length > 0 ? "is-silent" : undefined}
        data-testid="alerts"
        onClick={() => setOpen(true)}
      >
        {alerts.length === 0
          ? "Alerts"
          : `${formatCount(alerts.length)} ${alerts.length === 1 ? "alert" : "alerts"}`}
      </button>
      <Suspense>{isOpen && <AlertsDialog onClose={() => setOpen(false)} />}</Suspense>
    </>
  );
}

function phaseText(connection: Connection): string {
  switch (connection.phase) {
    case "loading":
      return "loading";
    case "connecting":
      return "connecting";
    case "live":
      return "connected";
    case "unanswered":
      return "the hub does not answer";
    case "waiting":
      return "reconnecting";
    case "hidden":
      return "paused";
    case "locked":
      return "logged out";
  }
}

function GapNote() {
  const { live } = useHub();
  const gap = useSyncExternalStore(live.changed.subscribe, () => live.lastGap);
  const [dismissed, setDismissed] = useState<GapSeen>();
  useNow();
  const wall = live.pulse.now;
  const shown = gap !== undefined && gap !== dismissed && wall - gap.at < GAP_SHOWN_MS;
  return (
    <div className="gap" role="status" data-testid="gap">
      {shown && (
        <>
          <span>{gapText(gap, wall)}</span>
          <button type="button" className="icon" aria-label="Dismiss" onClick={() => setDismissed(gap)}>
            ✕
          </button>
        </>
      )}
    </div>
  );
}

function gapText(gap: GapSeen, now: number): string {
  const at = formatClock(gap.at, now);
  if (gap.reason === "other-stream") return `Gap at ${at}: the hub was restarted. Everything was reloaded.`;
  const missed = gap.missed === null ? "Events" : `${formatCount(gap.missed)} events`;
  return `Gap at ${at}: ${missed} had expired before they were seen. Everything was reloaded.`;
}
