import { type RefObject, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";

import { pinnedFirst } from "../data/pins";
import { listing, SORTS, type Sort, sortFrom } from "../data/listing";
import { boundsOf, type Range } from "../data/range";
import type { Series } from "../data/series";
import { formatCount } from "../format/numbers";
import { visible } from "../format/texts";
import { changedHash, linkTo } from "../route";
import {
  changeParams,
  useConnection,
  useRange,
  useRested,
  useRoute,
  useSecond,
  useSeriesList,
  useShortcuts,
} from "../ui/hooks";
import { usePinning } from "../ui/pinning";
import { CardGrid } from "./card_grid";
import { CardGroups } from "./card_groups";
import { ChartTools } from "./chart_tools";
import { EmptyHub } from "./empty_hub";
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
  const names = params.getAll("m");
  const isOnly = params.has("only") && names.length > 0;
  const isGrouped = params.has("group");
  const isRows = params.has("rows");
  const [isChoosing, setChoosing] = useState(false);
  const pinning = usePinning();
  const toggleRows = () => changeParams({ rows: isRows ? null : "1" });
  useShortcuts({ r: toggleRows });

  const rangeKey = JSON.stringify(range);
  const steadyRange = useMemo(() => JSON.parse(rangeKey) as Range, [rangeKey]);
  const listed = useShown(all, steadyRange, isOnly ? names : undefined);
  const shown = useMemo(() => pinnedFirst(listed, pinning.names), [listed, pinning.names]);
  const choice = isChoosing
    ? {
        names,
        toggle: (name: string) =>
          changeParams({
            m: names.includes(name) ? names.filter((one) => one !== name) : [...names, name],
          }),
      }
    : undefined;

  const place = useRef<HTMLDivElement>(null);
  usePlace(place);

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
        <SortChoice sort={sortFrom(params.get("sort"))} />
        <p className="count" role="status">
          {shown.length === all.length
            ? `${formatCount(all.length)} ${all.length === 1 ? "metric" : "metrics"}`
            : `${formatCount(shown.length)} of ${formatCount(all.length)}`}
        </p>
        <div className="tools">
          <button
            type="button"
            aria-pressed={isGrouped}
            title="By the beginnings of names, up to / or ."
            onClick={() => changeParams({ group: isGrouped ? null : "1" })}
          >
            Groups
          </button>
          <button
            type="button"
            aria-pressed={isRows}
            aria-keyshortcuts="r"
            title="A line for each metric"
            onClick={toggleRows}
          >
            Rows
          </button>
          <button type="button" aria-pressed={isChoosing} onClick={() => setChoosing(!isChoosing)}>
            Choose
          </button>
          <ChartTools shown={shown} range={steadyRange} />
        </div>
        <WindowChoice range={range} series={shown} />
      </div>
      {(isChoosing || names.length > 0) && <Chosen names={names} isOnly={isOnly} />}
      {shown.length === 0 && all.length > 0 && (
        <p className="nothing">
          {search === ""
            ? "The hub has none of the chosen metrics."
            : `No metric has “${visible(search)}” in its name.`}{" "}
          <button type="button" onClick={() => changeParams({ q: null, only: null })}>
            Show all
          </button>
        </p>
      )}
      <div ref={place}>
        {isGrouped ? (
          <CardGroups shown={shown} range={steadyRange} isRows={isRows} pinning={pinning} choice={choice} />
        ) : (
          <CardGrid
            label="Metrics"
            shown={shown}
            range={steadyRange}
            shape={isRows ? "rows" : "filling"}
            pinning={pinning}
            choice={choice}
          />
        )}
      </div>
    </>
  );
}

/** The metrics that are listed, in their order. */
function useShown(
  all: readonly Series[],
  range: Range,
  only: readonly string[] | undefined,
): readonly Series[] {
  const { params } = useRoute();
  const rested = useRested(params.get("q") ?? "", SEARCH_RESTS_MS);
  const sort = sortFrom(params.get("sort"));
  const turn = Math.floor(useSecond() / SORT_AGAIN_MS) * SORT_AGAIN_MS;
  const valueTurn = sort === "created" || sort === "name" ? 0 : turn;
  const onlyKey = only?.join("\n");
  return useMemo(() => {
    const names = onlyKey === undefined ? undefined : new Set(onlyKey.split("\n"));
    const some = names ? all.filter(({ name }) => names.has(name)) : all;
    return listing(some, rested, sort, boundsOf(range, valueTurn), valueTurn);
  }, [all, rested, sort, valueTurn, range, onlyKey]);
}

/** What can be done with the metrics that are chosen. */
function Chosen({ names, isOnly }: { names: readonly string[]; isOnly: boolean }) {
  const { params } = useRoute();
  if (names.length === 0) return <p className="chosen hint">Choose metrics on their cards.</p>;
  return (
    <div className="chosen" role="group" aria-label="Chosen metrics">
      <span>{formatCount(names.length)} chosen</span>
      <a className="button" href={changedHash(linkTo("/chart", params), { only: null })}>
        In one chart
      </a>
      <button type="button" aria-pressed={isOnly} onClick={() => changeParams({ only: isOnly ? null : "1" })}>
        Only these
      </button>
      <button type="button" onClick={() => changeParams({ m: null, only: null, view: null })}>
        Clear
      </button>
    </div>
  );
}

/** Where one was in the list before a metric was looked at. */
let left: { scroll: number; id: string } | undefined;

/** Goes back there, with the focus on the metric that was looked at. */
function usePlace(cards: RefObject<HTMLElement | null>): void {
  useLayoutEffect(() => {
    if (!left) return undefined;
    const { scroll, id } = left;
    left = undefined;
    // The grid has its height with the next frame, and the cards of this place come with the one after it.
    const frame = requestAnimationFrame(() => {
      window.scrollTo(0, scroll);
      requestAnimationFrame(() =>
        requestAnimationFrame(() =>
          document
            .querySelector<HTMLElement>(`[data-id="${CSS.escape(id)}"]`)
            ?.focus({ preventScroll: true }),
        ),
      );
    });
    return () => cancelAnimationFrame(frame);
  }, []);
  useEffect(() => {
    const leave = (event: Event) => {
      const link = event.target instanceof Element ? event.target.closest("a[data-id]") : null;
      if (link instanceof HTMLElement) left = { scroll: window.scrollY, id: link.dataset.id ?? "" };
    };
    const element = cards.current;
    element?.addEventListener("click", leave);
    return () => element?.removeEventListener("click", leave);
  }, [cards]);
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
