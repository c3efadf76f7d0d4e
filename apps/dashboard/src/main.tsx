import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import "uplot/dist/uPlot.min.css";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/page.css";
import "./styles/cards.css";
import "./styles/metric.css";
import "./styles/events.css";
import "./styles/hub.css";
import "./styles/debug.css";
import "./styles/wall.css";

import { App } from "./app";
import { ChartLoop } from "./charts/chart_loop";
import { ChartTheme } from "./charts/theme";
import { Access } from "./data/access";
import { Frames } from "./data/frames";
import { LimitStore } from "./data/limits";
import { LiveMetrics } from "./data/live_metrics";
import { followAccess, followPage } from "./data/page_life";
import { browserPorts } from "./data/ports";
import { sharedStreams } from "./data/shared_streams";
import { ErrorBoundary } from "./ui/error_boundary";
import { HubContext } from "./ui/hub";

// Opened by this window itself where there is no worker that windows can share: Android's Chromium has none.
const streamPorts =
  typeof SharedWorker === "undefined"
    ? browserPorts
    : {
        ...browserPorts,
        openStream: sharedStreams(
          () =>
            new SharedWorker(new URL("./stream_worker.ts", import.meta.url), {
              type: "module",
              name: "sse-stream",
            }),
          browserPorts.openStream.bind(browserPorts),
        ),
      };
const access = new Access(streamPorts);
const ports = access.watched();
const frames = new Frames(ports);
const live = new LiveMetrics(ports, frames); // its step of a frame comes first: what is drawn is what is known
const charts = new ChartLoop(frames, ports);
const theme = new ChartTheme();
const limits = new LimitStore(browserStorage());
followPage(live);
followAccess(live, access);

/** Private windows of some browsers throw at the question. */
function browserStorage(): Storage | undefined {
  try {
    return window.localStorage;
  } catch {
    return undefined;
  }
}

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <HubContext value={{ ports, access, live, frames, charts, theme, limits }}>
        <ErrorBoundary>
          <App />
        </ErrorBoundary>
      </HubContext>
    </StrictMode>,
  );
}
