import { useEffect, useRef } from "react";

import { useConnection } from "./hooks";
import { useHub } from "./hub";

const EVERY_MS = 60_000;

/**
 * Loads the page again when the hub has another one: after an upgrade its data may be more than the old page
 * understands. Only while nothing is typed.
 */
export function usePageVersion(): void {
  const { ports } = useHub();
  const isLive = useConnection().phase === "live";
  const mine = useRef<string>(undefined);
  useEffect(() => {
    // A hub that was away may come back as another version.
    if (!isLive) return undefined;
    const look = async () => {
      const response = await ports.fetch(".", { method: "HEAD", cache: "no-store" }).catch(() => undefined);
      const version = response?.ok ? response.headers.get("ETag") : null;
      if (!version) return;
      mine.current ??= version;
      const isBusy = document.querySelector("dialog[open], input:focus, textarea:focus") !== null;
      if (version !== mine.current && !isBusy) window.location.reload();
    };
    void look();
    const timer = window.setInterval(() => void look(), EVERY_MS);
    return () => window.clearInterval(timer);
  }, [ports, isLive]);
}
