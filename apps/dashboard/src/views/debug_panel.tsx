import { useState } from "react";

import { epochOfEvent, sequenceOfEvent } from "../data/event_id";
import type { HubEvent } from "../data/event_parser";
import { formatBytes, formatCount } from "../format/numbers";
import { formatSpan } from "../format/times";
import { visible } from "../format/texts";
import { CopyButton } from "../ui/copy_button";
import { changeParams, useSecond } from "../ui/hooks";
import { type Hub, useHub } from "../ui/hub";
import { useFrameRate } from "../ui/frame_rate";

const SHOWN_EVENTS = 12;

/** Chromium's only; other browsers say nothing about their heap. */
interface MemoryOfChromium {
  memory?: { usedJSHeapSize: number };
}

interface Group {
  title: string;
  figures: [string, string][];
}

export function DebugPanel() {
  const hub = useHub();
  const frameRate = useFrameRate();
  useSecond();
  const [held, setHeld] = useState<readonly HubEvent[]>();
  const recent = held ?? hub.live.applier.recent.slice(-SHOWN_EVENTS).reverse();
  const groups = [streamFigures(hub), hubFigures(hub), pageFigures(hub, frameRate)];

  return (
    <aside className="debug" aria-label="Debug">
      <div className="debug-head">
        <h2>Debug</h2>
        <CopyButton label="Copy as JSON" text={() => asJson(groups, recent)} />
        <button
          type="button"
          className="icon"
          aria-label="Close debug panel"
          onClick={() => changeParams({ debug: null })}
        >
          ✕
        </button>
      </div>
      {groups.map(({ title, figures }) => (
        <section key={title}>
          <h3>{title}</h3>
          <dl>
            {figures.map(([name, value]) => (
              <div key={name}>
                <dt>{visible(name)}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
      <div className="debug-head">
        <h3>Newest events</h3>
        <button
          type="button"
          aria-pressed={held !== undefined}
          onClick={() => setHeld(held === undefined ? recent : undefined)}
        >
          Hold
        </button>
      </div>
      <ol className="raw">
        {recent.map((event) => (
          <li key={event.id}>
            <span className="raw-type">{visible(event.type)}</span>
            <code>{visible(event.data)}</code>
          </li>
        ))}
      </ol>
    </aside>
  );
}

/** The page's one stream, whatever comes down it. */
function streamFigures({ live }: Hub): Group {
  const { counters, cursor } = live;
  return {
    title: "Stream",
    figures: [
      ["Connection", live.connection.phase],
      ["Cursor", cursor ?? "none"],
      ["Stream", cursor === undefined ? "none" : epochOfEvent(cursor)],
      ["Sequence", cursor === undefined ? "none" : formatCount(sequenceOfEvent(cursor))],
      ["Streams opened", formatCount(counters.streams)],
      ["Reconnects", formatCount(counters.reconnects)],
      ["Gaps", formatCount(counters.gaps)],
      ["Closed by the hub", formatCount(counters.closings)],
      ...[...counters.byType].map(([type, count]): [string, string] => [type, formatCount(count)]),
      ["Malformed events", formatCount(counters.malformed)],
      ["Readings of unknown metrics", formatCount(counters.strays)],
    ],
  };
}

function hubFigures({ live }: Hub): Group {
  const { counters, store } = live;
  const took = formatSpan(Math.max(1, counters.snapshotMilliseconds));
  return {
    title: "Hub",
    figures: [
      ["Metrics", formatCount(store.all.length)],
      ["Clock ahead of this one", `${formatCount(live.clock.ahead)} ms`],
      [
        "Snapshots",
        `${formatCount(counters.snapshots)}, the last ${formatBytes(counters.snapshotBytes)} in ${took}`,
      ],
    ],
  };
}

function pageFigures({ live, frames, charts }: Hub, frameRate: number): Group {
  const heap = (performance as MemoryOfChromium).memory?.usedJSHeapSize;
  return {
    title: "Page",
    figures: [
      ["Buffered readings", formatCount(live.store.readingsHeld)],
      ["Waiting for a frame", formatCount(live.waiting)],
      ["Frames per second", formatCount(frameRate)],
      ["Frames, chart drawings", `${formatCount(frames.count)}, ${formatCount(charts.count)}`],
      ["Heap", heap === undefined ? "not told by this browser" : formatBytes(heap)],
    ],
  };
}

function asJson(groups: readonly Group[], events: readonly HubEvent[]): string {
  const figures = groups.map(({ title, figures: all }) => [title, Object.fromEntries(all)] as const);
  const browser = { address: window.location.href, browser: navigator.userAgent };
  return JSON.stringify({ ...browser, ...Object.fromEntries(figures), events }, null, 2);
}
