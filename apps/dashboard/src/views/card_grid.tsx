import { type KeyboardEvent, useRef } from "react";

import type { Range } from "../data/range";
import type { Series } from "../data/series";
import { linkTo } from "../route";
import { useRoute } from "../ui/hooks";
import { useGridPart } from "../ui/virtual_grid";
import { MetricCard } from "./metric_card";

export interface Choice {
  names: readonly string[];
  toggle: (name: string) => void;
}

interface CardGridProps {
  label: string;
  shown: readonly Series[];
  range: Range;
  /** The cards fill the window, if they all fit into it. */
  isFilling: boolean;
  /** Cards can be chosen. */
  choice: Choice | undefined;
}

/** Cards of metrics, of which those near the window are rendered. */
export function CardGrid({ label, shown, range, isFilling, choice }: CardGridProps) {
  const { params } = useRoute();
  const grid = useRef<HTMLUListElement>(null);
  const part = useGridPart(grid, shown.length, isFilling);
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- the links inside get the keys
    <ul
      ref={grid}
      className="cards"
      aria-label={label}
      style={{
        gridTemplateColumns: `repeat(${part.columns}, minmax(0, 1fr))`,
        gridAutoRows: part.rowHeight,
        paddingTop: part.above,
        paddingBottom: part.below,
      }}
      onKeyDown={(event) => moveFocus(event, part.columns)}
    >
      {shown.slice(part.first, part.last).map((series, offset) => (
        <MetricCard
          key={series.id}
          series={series}
          range={range}
          href={linkTo(`/metrics/${series.id}`, params)}
          index={part.first + offset}
          count={shown.length}
          isChosen={choice?.names.includes(series.name)}
          onChoose={choice?.toggle}
        />
      ))}
    </ul>
  );
}

/** The arrow keys go from card to card. */
function moveFocus(event: KeyboardEvent<HTMLElement>, columns: number): void {
  const steps: Record<string, number> = {
    ArrowLeft: -1,
    ArrowRight: 1,
    ArrowUp: -columns,
    ArrowDown: columns,
  };
  const step = steps[event.key];
  const index = event.target instanceof HTMLElement ? event.target.dataset.index : undefined;
  if (step === undefined || index === undefined) return;
  const next = event.currentTarget.querySelector<HTMLElement>(`[data-index="${Number(index) + step}"]`);
  if (!next) return;
  event.preventDefault();
  next.focus({ preventScroll: true });
  next.closest("li")?.scrollIntoView({ block: "nearest" });
}
