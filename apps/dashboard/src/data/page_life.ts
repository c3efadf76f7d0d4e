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
