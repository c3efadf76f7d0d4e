import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import "uplot/dist/uPlot.min.css";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/page.css";
import "./styles/cards.css";
import "./styles/metric.css";
import "./styles/events.css";
import "./styles/debug.css";

import { App } from "./app";
import { ChartLoop } from "./charts/chart_loop";
import { ChartTheme } from "./charts/theme";
import { Frames } from "./data/frames";
import { LiveMetrics } from "./data/live_metrics";
import { followPage } from "./data/page_life";
import { browserPorts as ports } from "./data/ports";
import { HubContext } from "./ui/hub";

const frames = new Frames(ports);
const live = new LiveMetrics(ports, frames); // its step of a frame comes first: what is drawn is what is known
const charts = new ChartLoop(frames, ports);
const theme = new ChartTheme();
followPage(live);

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <HubContext value={{ ports, live, frames, charts, theme }}>
        <App />
      </HubContext>
    </StrictMode>,
  );
}
