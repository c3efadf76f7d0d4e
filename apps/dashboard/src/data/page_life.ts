import type { Access } from "./access";
import type { LiveMetrics } from "./live_metrics";

/** Ties the stream to the page: none while nobody looks, and a fresh one when the network is back. */
export function followPage(live: LiveMetrics): void {
  const look = () => {
    if (document.visibilityState === "hidden") live.hide();
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
