import { useEffect, useState, useSyncExternalStore } from "react";

import { words } from "../data/event_filter";
import { recentTypes } from "../data/marks";
import { formatClock } from "../format/times";
import { visible } from "../format/texts";
import { linkTo } from "../route";
import { Dialog } from "../ui/dialog";
import { Field } from "../ui/field";
import { changeParams, useRoute, useSecond } from "../ui/hooks";
import { useHub } from "../ui/hub";

const MOST_OFFERED = 12;
const MOST_LISTED = 20;

/** Which events are marked on the charts, and those that are. */
export function MarksDialog({ onClose }: { onClose: () => void }) {
  const { marks } = useHub();
  const { params } = useRoute();
  const now = useSecond();
  const list = useSyncExternalStore(marks.changed.subscribe, () => marks.list);
  const types = params.get("marks") ?? "";
  const chosen = words(types);
  const offered = useRecentTypes();
  const choose = (next: readonly string[]) => changeParams({ marks: next.join(",") });
  return (
    <Dialog title="Events on the charts" isLight onClose={onClose}>
      <Field
        label="Types"
        name="marks"
        value={types}
        placeholder="deploy, release.*"
        onChange={(text) => changeParams({ marks: text })}
        hint={
          marks.trouble === ""
            ? "Each event of these types is an upright line on every chart."
            : marks.trouble
        }
      />
      {offered.length > 0 && (
        <div className="offered" role="group" aria-label="Types of the newest events">
          {offered.slice(0, MOST_OFFERED).map((type) => (
            <button
              key={type}
              type="button"
              aria-pressed={chosen.includes(type)}
              onClick={() =>
                choose(chosen.includes(type) ? chosen.filter((one) => one !== type) : [...chosen, type])
              }
            >
              <bdi>{visible(type)}</bdi>
            </button>
          ))}
        </div>
      )}
      {list.length > 0 && (
        <ul className="alerts" aria-label="Marked events">
          {list
            .slice(-MOST_LISTED)
            .toReversed()
            .map(({ id, type, topic, time }) => (
              <li key={id}>
                <a href={linkTo(`/events/${id}`, params)} onClick={onClose}>
                  <bdi>
                    {visible(type)} {visible(topic)}
                  </bdi>
                </a>{" "}
                <span className="hint">{formatClock(time, now)}</span>
              </li>
            ))}
        </ul>
      )}
    </Dialog>
  );
}

function useRecentTypes(): readonly string[] {
  const { ports } = useHub();
  const [types, setTypes] = useState<readonly string[]>([]);
  useEffect(() => {
    const asking = new AbortController();
    recentTypes(ports, asking.signal).then(setTypes, () => undefined);
    return () => asking.abort();
  }, [ports]);
  return types;
}
