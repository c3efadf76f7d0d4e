import { useEffect } from "react";

import type { Alert } from "../data/alerts";

type IconSign = "fine" | "silent" | "warned" | "broken" | "down";

const COLOURS: Record<IconSign, string> = {
  fine: "#0b5cad",
  silent: "#a86500",
  warned: "#a86500",
  broken: "#b3261e",
  down: "#6b7280",
};

const EXCLAMATION = "M16 6v13M16 24v2";

const PATHS: Record<IconSign, string> = {
  fine: "M4 18h6l3-9 6 15 3-9h6",
  silent: "M4 16h24",
  warned: EXCLAMATION,
  broken: EXCLAMATION,
  down: "M8 8l16 16M24 8L8 24",
};

/** What the worst of the alerts makes of it. */
export function signOf(alerts: readonly Alert[]): IconSign {
  if (alerts.some(({ level }) => level === "bad")) return "broken";
  if (alerts.some(({ kind }) => kind !== "silent")) return "warned";
  return alerts.length > 0 ? "silent" : "fine";
}

/** The icon of the page's tab: its colour says what is wrong, and its sign the same without colours. */
export function faviconOf(sign: IconSign): string {
  const path = PATHS[sign];
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">` +
    `<rect width="32" height="32" rx="7" fill="${COLOURS[sign]}"/>` +
    `<path d="${path}" fill="none" stroke="#fff" stroke-width="${sign === "fine" ? 2.5 : 4}" ` +
    `stroke-linecap="round" stroke-linejoin="round"/></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

export function useFavicon(sign: IconSign): void {
  useEffect(() => {
    const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
    if (!link) return;
    own ??= link.href;
    link.href = sign === "fine" ? own : faviconOf(sign);
  }, [sign]);
}

let own: string | undefined;
