import { Suspense, useState } from "react";

import { boundsOf, type Range, WINDOWS } from "../data/range";
import type { Series } from "../data/series";
import { formatRange, formatSpan } from "../format/times";
import { backToLive, showRange, useSecond, useShortcuts } from "../ui/hooks";
import { useHub } from "../ui/hub";
import { later } from "../ui/later";

const TimeDialog = later(() => import("./time_dialog").then(({ TimeDialog: view }) => view));

/** How much time is shown, and whether there are readings for all of it. */
export function WindowChoice({ range, series }: { range: Range; series: readonly Series[] }) {
  const { live } = useHub();
  const now = useSecond();
  const [isAsking, setAsking] = useState(false);
  useShortcuts({ t: () => setAsking(true) });
  return (
    <div className="window">
      <Reach range={range} series={series} now={now} />
      <div className="segments" role="group" aria-label="Window of time">
        {WINDOWS.map(({ label, span }) => (
          <button
            key={span}
            type="button"
            aria-pressed={range.kind === "live" && range.span === span}
            onClick={() => showRange({ kind: "live", span })}
          >
            {label}
          </button>
        ))}
      </div>
      <button
        type="button"
        aria-keyshortcuts="t"
        title="From one time to another (t)"
        onClick={() => setAsking(true)}
      >
        Time
      </button>
      <Suspense>{isAsking && <TimeDialog range={range} onClose={() => setAsking(false)} />}</Suspense>
      {range.kind === "live" && (
        <button
          type="button"
          title="The charts stand still"
          onClick={() => {
            const to = Math.round(live.hubNow());
            showRange({ kind: "fixed", from: to - range.span, to });
          }}
        >
          Pause
        </button>
      )}
    </div>
  );
}

function Reach({ range, series, now }: { range: Range; series: readonly Series[]; now: number }) {
  if (range.kind === "fixed") {
    return (
      <p className="reach">
        <span>{formatRange(range.from, range.to, now)}</span>
        <button type="button" className="primary" onClick={backToLive}>
          Back to live
        </button>
      </p>
    );
  }
  const oldest = oldestReading(series);
  const { from } = boundsOf(range, now);
  if (oldest === undefined || oldest <= from + 1_000) return null;
  return <p className="reach">loaded: the last {formatSpan(Math.max(1_000, now - oldest))}</p>;
}

function oldestReading(all: readonly Series[]): number | undefined {
  let oldest: number | undefined;
  for (const { oldestTime } of all) {
    if (!Number.isNaN(oldestTime)) oldest = Math.min(oldest ?? Number.POSITIVE_INFINITY, oldestTime);
  }
  return oldest;
}
