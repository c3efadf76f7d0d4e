import { type KeyboardEvent, type RefObject, useEffect, useLayoutEffect, useMemo, useRef } from "react";

import { listing, SORTS, type Sort, sortFrom } from "../data/listing";
import { boundsOf } from "../data/range";
import { formatCount } from "../format/numbers";
import { linkTo } from "../route";
import {
  changeParams,
  useConnection,
  useRange,
  useRested,
  useRoute,
  useSecond,
  useSeriesList,
} from "../ui/hooks";
import { useGridPart } from "../ui/virtual_grid";
import { EmptyHub } from "./empty_hub";
import { MetricCard } from "./metric_card";
import { WindowChoice } from "./window_choice";

// Cards that change places more often cannot be read.
const SORT_AGAIN_MS = 2_000;

const SEARCH_RESTS_MS = 80;

export function Overview() {
  const all = useSeriesList();
  const connection = useConnection();
  if (all.length === 0 && connection.phase === "live") return <EmptyHub />;
  return <MetricGrid />;
}

function MetricGrid() {
  const { params } = useRoute();
  const range = useRange();
  const all = useSeriesList();
  const search = params.get("q") ?? "";
  const rested = useRested(search, SEARCH_RESTS_MS);
  const sort = sortFrom(params.get("sort"));
  const turn = Math.floor(useSecond() / SORT_AGAIN_MS) * SORT_AGAIN_MS;
  const valueTurn = sort === "created" || sort === "name" ? 0 : turn;

  const rangeKey = JSON.stringify(range);
  const shown = useMemo(() => {
    const steady = JSON.parse(rangeKey) as typeof range;
    return listing(all, rested, sort, boundsOf(steady, valueTurn), valueTurn);
  }, [all, rested, sort, valueTurn, rangeKey]);
  const steadyRange = useMemo(() => JSON.parse(rangeKey) as typeof range, [rangeKey]);

  const grid = useRef<HTMLUListElement>(null);
  const part = useGridPart(grid, shown.length);
  usePlace(grid, part.rowHeight > 0);

  return (
    <>
      <h1 className="unseen">Metrics</h1>
      <div className="toolbar">
        <input
          type="search"
          id="search"
          value={search}
          placeholder="Search metrics"
          aria-label="Search metrics"
          aria-keyshortcuts="/"
          onChange={(event) => changeParams({ q: event.target.value })}
        />
        <SortChoice sort={sort} />
        <p className="count" role="status">
          {shown.length === all.length
            ? `${formatCount(all.length)} ${all.length === 1 ? "metric" : "metrics"}`
            : `${formatCount(shown.length)} of ${formatCount(all.length)}`}
        </p>
        <WindowChoice range={range} series={shown} />
      </div>
      {shown.length === 0 && all.length > 0 && (
        <p className="nothing">
          No metric has “{search}” in its name.{" "}
          <button type="button" onClick={() => changeParams({ q: null })}>
            Show all
          </button>
        </p>
      )}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- the links inside get the keys */}
      <ul
        ref={grid}
        className="cards"
        aria-label="Metrics"
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
            range={steadyRange}
            href={linkTo(`/metrics/${series.id}`, params)}
            index={part.first + offset}
            count={shown.length}
          />
        ))}
      </ul>
    </>
  );
}

/** Where one was in the list before a metric was looked at. */
let place: { scroll: number; id: string } | undefined;

/** Goes back there, with the focus on the metric that was looked at. */
function usePlace(grid: RefObject<HTMLUListElement | null>, isLaidOut: boolean): void {
  useLayoutEffect(() => {
    if (!isLaidOut || !place) return;
    const { scroll, id } = place;
    place = undefined;
    window.scrollTo(0, scroll);
    // The cards of this place are rendered with the next turn.
    requestAnimationFrame(() => {
      requestAnimationFrame(() =>
        document.querySelector<HTMLElement>(`[data-id="${CSS.escape(id)}"]`)?.focus({ preventScroll: true }),
      );
    });
  }, [isLaidOut]);
  useEffect(() => {
    const cards = grid.current;
    const leave = (event: Event) => {
      const link = event.target instanceof Element ? event.target.closest("a[data-id]") : null;
      if (link instanceof HTMLElement) place = { scroll: window.scrollY, id: link.dataset.id ?? "" };
    };
    cards?.addEventListener("click", leave);
    return () => cards?.removeEventListener("click", leave);
  }, [grid]);
}

function SortChoice({ sort }: { sort: Sort }) {
  return (
    <label className="sort">
      <span aria-hidden="true">Sort by</span>
      <select
        aria-label="Sort by"
        value={sort}
        onChange={(event) => changeParams({ sort: event.target.value })}
      >
        {SORTS.map(({ key, label }) => (
          <option key={key} value={key}>
            {label}
          </option>
        ))}
      </select>
    </label>
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
