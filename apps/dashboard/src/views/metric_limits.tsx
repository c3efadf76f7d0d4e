import { useState } from "react";

import type { Series } from "../data/series";
import { Field } from "../ui/field";
import { useHub } from "../ui/hub";

/** From when on a metric's card is red, in this browser. */
export function MetricLimits({ series }: { series: Series }) {
  const { limits } = useHub();
  const known = limits.of(series.name);
  const [above, setAbove] = useState(known?.above === undefined ? "" : String(known.above));
  const [below, setBelow] = useState(known?.below === undefined ? "" : String(known.below));
  const [said, setSaid] = useState("");
  const errorOf = (text: string) =>
    text.trim() !== "" && !Number.isFinite(Number(text)) ? "a number is expected" : undefined;
  const hasError = errorOf(above) !== undefined || errorOf(below) !== undefined;
  return (
    <details className="add-reading" open={known !== undefined}>
      <summary>Alert</summary>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (hasError) return;
          const number = (text: string) => (text.trim() === "" ? undefined : Number(text));
          limits.set(series.name, { above: number(above), below: number(below) });
          setSaid("Set, in this browser.");
        }}
      >
        <Field
          label="Red above"
          name="above"
          inputMode="decimal"
          value={above}
          onChange={setAbove}
          error={errorOf(above)}
        />
        <Field
          label="Red below"
          name="below"
          inputMode="decimal"
          value={below}
          onChange={setBelow}
          error={errorOf(below)}
          hint="Empty: no limit."
        />
        <div className="form-end">
          <button type="submit" aria-disabled={hasError}>
            Set
          </button>
        </div>
      </form>
      <p className="hint" role="status">
        {said}
      </p>
    </details>
  );
}
