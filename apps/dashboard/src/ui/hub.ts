import { createContext, useContext } from "react";

import type { ChartLoop } from "../charts/chart_loop";
import type { ChartTheme } from "../charts/theme";
import type { Access } from "../data/access";
import type { AlertBook } from "../data/alerts";
import type { Folds } from "../data/folds";
import type { Frames } from "../data/frames";
import type { LimitStore } from "../data/limits";
import type { LiveMetrics } from "../data/live_metrics";
import type { MarkBook } from "../data/marks";
import type { Notifier } from "../data/notifier";
import type { Pasts } from "../data/pasts";
import type { Pins } from "../data/pins";
import type { Ports } from "../data/ports";
import type { SavedViews } from "../saved_views";

/** What main.tsx puts together and the views use. None of it is ever exchanged for another. */
export interface Hub {
  ports: Ports;
  access: Access;
  live: LiveMetrics;
  frames: Frames;
  charts: ChartLoop;
  theme: ChartTheme;
  limits: LimitStore;
  marks: MarkBook;
  pasts: Pasts;
  views: SavedViews;
  folds: Folds;
  pins: Pins;
  alerts: AlertBook;
  notifier: Notifier;
}

export const HubContext = createContext<Hub | undefined>(undefined);

export function useHub(): Hub {
  const hub = useContext(HubContext);
  if (!hub) throw new Error("a view outside of the page");
  return hub;
}
