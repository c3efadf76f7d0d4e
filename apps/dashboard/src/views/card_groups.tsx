import { useMemo, useSyncExternalStore } from "react";

import { groupsOf } from "../data/groups";
import { formatCount } from "../format/numbers";
import { visible } from "../format/texts";
import type { Range } from "../data/range";
import type { Series } from "../data/series";
import { useAlerts } from "../ui/hooks";
import { useHub } from "../ui/hub";
import type { Pinning } from "../ui/pinning";
import { CardGrid, type Choice } from "./card_grid";

interface CardGroupsProps {
  shown: readonly Series[];
  range: Range;
  isRows: boolean;
  pinning: Pinning;
  choice: Choice | undefined;
}

/** Metrics by the beginnings of their names. Groups fold, and this browser remembers which. */
export function CardGroups({ shown, range, isRows, pinning, choice }: CardGroupsProps) {
  const { folds } = useHub();
  useSyncExternalStore(folds.changed.subscribe, () => folds.version);
  const alerts = useAlerts();
  const groups = useMemo(() => groupsOf(shown), [shown]);
  return groups.map(({ prefix, members }) => {
    const isFolded = folds.has(prefix);
    const label = prefix === "" ? "Others" : visible(prefix);
    const wrong = alerts.filter(({ id }) => members.some((series) => series.id === id)).length;
    return (
      <section key={prefix} className="group" aria-label={label}>
        <h2>
          <button type="button" aria-expanded={!isFolded} onClick={() => folds.toggle(prefix)}>
            <span aria-hidden="true">{isFolded ? "▸" : "▾"}</span> <bdi>{label}</bdi>{" "}
            <span className="hint">{formatCount(members.length)}</span>
            {wrong > 0 && <span className="wrong">{formatCount(wrong)} with an alert</span>}
          </button>
        </h2>
        {!isFolded && (
          <CardGrid
            label={label}
            shown={members}
            range={range}
            shape={isRows ? "rows" : "least"}
            pinning={pinning}
            choice={choice}
          />
        )}
      </section>
    );
  });
}
