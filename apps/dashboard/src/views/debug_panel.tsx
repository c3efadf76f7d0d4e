import { epochOfEvent, sequenceOfEvent } from "../data/event_id";
import { formatBytes, formatCount } from "../format/numbers";
import { formatSpan } from "../format/times";
import { changeParams, useSecond } from "../ui/hooks";
import { useHub } from "../ui/hub";
import { useFrameRate } from "../ui/frame_rate";

const SHOWN_EVENTS = 12;

/** Chromium's only; other browsers say nothing about their heap. */
interface MemoryOfChromium {
  memory?: { usedJSHeapSize: number };
}

export function DebugPanel() {
  const { live, frames, charts } = useHub();
  const frameRate = useFrameRate();
  useSecond();
  const { counters, store, cursor } = live;
  const heap = (performance as MemoryOfChromium).memory?.usedJSHeapSize;
  const recent = live.applier.recent.slice(-SHOWN_EVENTS).reverse();

  const figures: [string, string][] = [
    ["Cursor", cursor ?? "none"],
    ["Stream", cursor === undefined ? "none" : epochOfEvent(cursor)],
    ["Sequence", cursor === undefined ? "none" : formatCount(sequenceOfEvent(cursor))],
    ["Connection", live.connection.phase],
    ["Streams opened", formatCount(counters.streams)],
    ["Reconnects", formatCount(counters.reconnects)],
    ["Gaps", formatCount(counters.gaps)],
    ["Closed by the hub", formatCount(counters.closings)],
    [
      "Snapshots",
      `${formatCount(counters.snapshots)}, the last ${formatBytes(counters.snapshotBytes)} in ${formatSpan(Math.max(1, counters.snapshotMilliseconds))}`,
    ],
    ["Metrics", formatCount(store.all.length)],
    ["Buffered readings", formatCount(store.readingsHeld)],
    ["Waiting for a frame", formatCount(live.waiting)],
    ...[...counters.byType].map(([type, count]): [string, string] => [type, formatCount(count)]),
    ["Malformed events", formatCount(counters.malformed)],
    ["Readings of unknown metrics", formatCount(counters.strays)],
    ["Frames per second", formatCount(frameRate)],
    ["Frames, chart drawings", `${formatCount(frames.count)}, ${formatCount(charts.count)}`],
    ["Heap", heap === undefined ? "not told by this browser" : formatBytes(heap)],
  ];

  return (
    <aside className="debug" aria-label="Debug">
      <div className="debug-head">
        <h2>Debug</h2>
        <button
          type="button"
          className="icon"
          aria-label="Close debug panel"
          onClick={() => changeParams({ debug: null })}
        >
          ✕
        </button>
      </div>
      <dl>
        {figures.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <h3>Newest events</h3>
      <ol className="raw">
        {recent.map((event) => (
          <li key={event.id}>
            <span className="raw-type">{event.type}</span>
            <code>{event.data}</code>
          </li>
        ))}
      </ol>
    </aside>
  );
}
