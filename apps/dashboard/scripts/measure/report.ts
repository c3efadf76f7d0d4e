import type { Delays, Sample } from "./observer";

export interface Goal {
  name: string;
  value: number;
  least?: number;
  most?: number;
}

/** Prints what was measured; true when every goal was reached. */
export function report(samples: readonly Sample[], delays: Delays, goals: readonly Goal[]): boolean {
  console.log(
    "  frames/s  longest frame, ms  main thread, %  heap, MB  array buffers, MB   (each 10 s; heap after a collection)",
  );
  for (const { frames, longestFrame, busy, heap, backing } of samples) {
    console.log(
      `${cell(frames, 10)}${cell(longestFrame, 19)}${cell(busy, 16)}${cell(heap, 10)}${cell(backing, 19)}`,
    );
  }
  console.log(`  delay from the hub to the screen: p50 ${delays.p50} ms, p95 ${delays.p95} ms`);
  let reached = true;
  for (const { name, value, least, most } of goals) {
    const good = value >= (least ?? Number.NEGATIVE_INFINITY) && value <= (most ?? Number.POSITIVE_INFINITY);
    const wanted = least === undefined ? `at most ${most ?? ""}` : `at least ${least}`;
    console.log(`  ${good ? "ok  " : "MISS"}  ${name}: ${Number(value.toFixed(1))} (${wanted})`);
    reached &&= good;
  }
  return reached;
}

function cell(value: number, width: number): string {
  return value.toFixed(1).padStart(width);
}
