import { type KeyboardEvent, type MouseEvent, useRef } from "react";

import type { Range } from "../data/range";
import type { Series } from "../data/series";
import { linkTo } from "../route";
import { useRoute } from "../ui/hooks";
import type { Pinning } from "../ui/pinning";
import { type GridShape, useGridPart } from "../ui/virtual_grid";
import { MetricCard } from "./metric_card";
import { MetricRow } from "./metric_row";

export interface Choice {
  names: readonly string[];
  toggle: (name: string) => void;
}

interface CardGridProps {
  label: string;
  shown: readonly Series[];
  range: Range;
  shape: GridShape;
  pinning: Pinning;
  /** Cards can be chosen. */
  choice: Choice | undefined;
}

/** Cards, or rows, of metrics, of which those near the window are rendered. */
export function CardGrid({ label, shown, range, shape, pinning, choice }: CardGridProps) {
  const { params } = useRoute();
  const grid = useRef<HTMLUListElement>(null);
  const part = useGridPart(grid, shown.length, shape);
  const pressed = useRef({ x: 0, y: 0 });
  const isRows = shape === "rows";
  const Metric = isRows ? MetricRow : MetricCard;
  // Those of a last row that is not full share its width.
  const left = part.isWhole ? shown.length % part.columns : 0;
  const tracks = part.columns * Math.max(1, left);
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- the links inside get the keys
    <ul
      ref={grid}
      className={isRows ? "cards rows" : "cards"}
      aria-label={label}
      style={{
        gridTemplateColumns: `repeat(${tracks}, minmax(0, 1fr))`,
        gridAutoRows: part.rowHeight,
        paddingTop: part.above,
        paddingBottom: part.below,
      }}
      onKeyDown={(event) => pressKey(event, part.columns, shown, pinning)}
      onPointerDown={({ clientX: x, clientY: y }) => {
        pressed.current = { x, y };
      }}
      onClick={(event) => {
        const { x, y } = pressed.current;
        const isStill = Math.hypot(event.clientX - x, event.clientY - y) < DRAG_PIXELS;
        if (isStill) openMetric(event, range.kind === "live");
      }}
    >
      {shown.slice(part.first, part.last).map((series, offset) => {
        const index = part.first + offset;
        return (
          <Metric
            key={series.id}
            series={series}
            range={range}
            href={linkTo(`/metrics/${series.id}`, params)}
            index={index}
            count={shown.length}
            span={left === 0 ? 1 : index < shown.length - left ? left : part.columns}
            hasAxes={part.isLarge}
            pinning={pinning}
            isChosen={choice?.names.includes(series.name)}
            onChoose={choice?.toggle}
          />
        );
      })}
    </ul>
  );
}

// A pointer that moves further draws: a span of time.
const DRAG_PIXELS = 4;

/** The whole card is a link; on a chart that stands still a click would be in the way of the double click that ends that. */
function openMetric({ target }: MouseEvent, isChartLink: boolean): void {
  if (!(target instanceof Element) || target.closest("a, button, input")) return;
  const chart = target.closest(".chart");
  if (chart && (!isChartLink || chart.querySelector(".at-mark"))) return;
  if (window.getSelection()?.isCollapsed === false) return;
  target.closest("li")?.querySelector<HTMLElement>("a[data-id]")?.click();
}

/** The arrow keys go from card to card, and with Shift take a pinned one along; * pins and unpins. */
function pressKey(
  event: KeyboardEvent<HTMLElement>,
  columns: number,
  shown: readonly Series[],
  pinning: Pinning,
): void {
  const index = event.target instanceof HTMLElement ? event.target.dataset.index : undefined;
  const series = index === undefined ? undefined : shown[Number(index)];
  if (series === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "*") {
    event.preventDefault();
    pinning.toggle(series.name);
    focusAgain(series.id);
    return;
  }
  const steps: Record<string, number> = {
    ArrowLeft: -1,
    ArrowRight: 1,
    ArrowUp: -columns,
    ArrowDown: columns,
  };
  const step = steps[event.key];
  if (step === undefined) return;
  if (event.shiftKey) {
    event.preventDefault();
    pinning.move(series.name, Math.sign(step));
    focusAgain(series.id);
    return;
  }
  const next = event.currentTarget.querySelector<HTMLElement>(`[data-index="${Number(index) + step}"]`);
  if (!next) return;
  event.preventDefault();
  next.focus({ preventScroll: true });
  next.closest("li")?.scrollIntoView({ block: "nearest" });
}

/** A card that goes to another place loses the focus on the way. */
function focusAgain(id: string): void {
  requestAnimationFrame(() => {
    const link = document.querySelector<HTMLElement>(`[data-id="${CSS.escape(id)}"]`);
    link?.focus({ preventScroll: true });
    link?.closest("li")?.scrollIntoView({ block: "nearest" });
  });
}
