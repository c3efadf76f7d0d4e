import type { Access } from "./access";
import type { AlertBook } from "./alerts";
import type { LimitStore } from "./limits";
import type { LiveMetrics } from "./live_metrics";
import type { Notifier } from "./notifier";

/**
 * Ties the stream to the page: none while the page is hidden, unless its user wants notifications, and a fresh one when
 * the network is back.
 */
export function followPage(live: LiveMetrics, notifier: Pick<Notifier, "isOn" | "changed">): void {
  const look = () => {
    if (document.visibilityState === "hidden" && !notifier.isOn) live.hide();
    else if (document.visibilityState === "hidden") live.showUnseen();
    else live.show();
  };
  document.addEventListener("visibilitychange", look);
  window.addEventListener("online", () => {
    if (document.visibilityState === "visible") live.resume();
  });
  look();
}

/** Nothing is asked of a hub that wants a token, and all of it again once it has got one. */
export function followAccess(live: LiveMetrics, access: Access): void {
  let who: string | undefined;
  access.changed.subscribe(() => {
    const { state } = access;
    if (state.phase === "out") live.lock();
    if (state.phase !== "in") return;
    // What was loaded before the hub said for whom is for whom it says.
    if (live.locked || (who !== undefined && who !== state.who.id)) live.unlock();
    who = state.who.id;
  });
  live.unopened.subscribe(() => void access.check());
  void access.check();
}

// A reconnect that takes less is not worth a word.
const DOWN_AFTER = 10_000;

/** Looks for alerts with the page's pulse, and tells of what has changed. */
export function followAlerts(
  live: LiveMetrics,
  alerts: AlertBook,
  limits: LimitStore,
  notifier: Notifier,
): void {
  let lookedAt = 0;
  let downSince: number | undefined;
  let isTold = false;
  const look = () => {
    lookedAt = live.pulse.now;
    const { phase } = live.connection;
    if (phase === "live") notifier.tell(alerts.look(live.store.all, limits, live.hubNow()));
    const isDown = phase === "waiting" || phase === "unanswered" || phase === "connecting";
    downSince = isDown ? (downSince ?? lookedAt) : undefined;
    const isLong = downSince !== undefined && lookedAt - downSince >= DOWN_AFTER;
    if (isLong === isTold || phase === "loading") return;
    isTold = isLong;
    notifier.tellConnection(isLong, live.connection.phase === "waiting" ? live.connection.reason : "");
  };
  live.pulse.beat.subscribe(() => {
    if (Math.abs(live.pulse.now - lookedAt) >= LOOK_EVERY) look();
  });
  limits.changed.subscribe(look);
}

const LOOK_EVERY = 900;
