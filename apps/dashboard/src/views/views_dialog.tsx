import { useState } from "react";

import { visible } from "../format/texts";
import { changedHash } from "../route";
import { type SavedView, viewHash } from "../saved_views";
import { copyText } from "../ui/copy_button";
import { Dialog } from "../ui/dialog";
import { Field } from "../ui/field";
import { changeParams, useRoute } from "../ui/hooks";
import { useHub } from "../ui/hub";
import { usePinning } from "../ui/pinning";
import { useSavedViews } from "../ui/views";

const INTERVALS = [10, 30, 60, 300];

/** Saved views: what is shown gets a name, and an address that can be sent to others. */
export function ViewsDialog({ onClose }: { onClose: () => void }) {
  const { views, limits } = useHub();
  const pins = usePinning().names;
  const all = useSavedViews();
  const { params } = useRoute();
  const [name, setName] = useState(params.get("view") ?? "");
  const [every, setEvery] = useState(30);
  const [said, setSaid] = useState("");
  const wanted = name.trim();
  const isTyped = wanted !== "" && wanted !== params.get("view");
  const save = () => {
    if (wanted === "") return;
    const hash = viewHash(window.location.hash, wanted, limits, pins);
    views.save({ name: wanted, hash });
    changeParams({ view: wanted });
    setSaid(`“${visible(wanted)}” was saved in this browser.`);
  };
  const copy = (view: SavedView) =>
    void copyText(new URL(view.hash, window.location.href).href).then(() =>
      setSaid(`The address of “${visible(view.name)}” was copied, with metrics, window, marks and limits.`),
    );
  return (
    <Dialog title="Views" isLight={!isTyped} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <Field
          label="Save what is shown as"
          name="view"
          value={name}
          onChange={setName}
          hint="Metrics, pins, window, search, marks and limits. A view with this name is replaced."
        />
        <div className="form-end">
          <button type="submit" className="primary" aria-disabled={wanted === ""}>
            Save
          </button>
        </div>
      </form>
      {all.length > 0 && (
        <ul className="views" aria-label="Saved views">
          {all.map((view) => (
            <li key={view.name}>
              <a href={view.hash} onClick={onClose}>
                <bdi>{visible(view.name)}</bdi>
              </a>
              <button type="button" onClick={() => copy(view)}>
                Copy link
              </button>
              <button
                type="button"
                className="icon"
                aria-label={`Remove ${visible(view.name)}`}
                onClick={() => views.remove(view.name)}
              >
                ✕
              </button>
            </li>
          ))}
        </ul>
      )}
      {all.length > 1 && (
        <p className="rotate">
          <button
            type="button"
            onClick={() => {
              onClose();
              const [first] = all;
              if (first) window.location.hash = changedHash(first.hash, { wall: "1", rotate: String(every) });
            }}
          >
            Show in turn on a wall
          </button>
          <label>
            every{" "}
            <select value={every} onChange={(event) => setEvery(Number(event.target.value))}>
              {INTERVALS.map((seconds) => (
                <option key={seconds} value={seconds}>
                  {seconds} s
                </option>
              ))}
            </select>
          </label>
        </p>
      )}
      <p className="hint" role="status">
        {said}
      </p>
    </Dialog>
  );
}
