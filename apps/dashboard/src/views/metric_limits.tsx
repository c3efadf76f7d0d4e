import { useState } from "react";

import { type Limits, NO_LIMITS } from "../data/limits";
import type { Series } from "../data/series";
import { Field } from "../ui/field";
import { useHub } from "../ui/hub";

// In the order of values, so that the form reads like the chart.
const FIELDS: readonly { which: keyof Limits; label: string }[] = [
  { which: "above", label: "Red above" },
  { which: "warnAbove", label: "Amber above" },
  { which: "warnBelow", label: "Amber below" },
  { which: "below", label: "Red below" },
];

type Texts = Record<keyof Limits, string>;

/** From when on a metric's card is amber or red, in this browser. */
export function MetricLimits({ series }: { series: Series }) {
  const { limits } = useHub();
  const known = limits.of(series.name);
  const [texts, setTexts] = useState(() => textsOf(known ?? NO_LIMITS));
  const [said, setSaid] = useState("");
  const wanted = limitsOf(texts);
  const errorOf = (which: keyof Limits) =>
    texts[which].trim() !== "" && !Number.isFinite(Number(texts[which]))
      ? "a number is expected"
      : orderError(which, wanted);
  const hasError = FIELDS.some(({ which }) => errorOf(which) !== undefined);
  return (
    <details className="add-reading" open={known !== undefined}>
      <summary>Alert</summary>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (hasError) return;
          limits.set(series.name, wanted);
          setSaid("Set, in this browser.");
        }}
      >
        <div className="limits">
          {FIELDS.map(({ which, label }) => (
            <Field
              key={which}
              label={label}
              name={which}
              inputMode="decimal"
              value={texts[which]}
              onChange={(text) => {
                setTexts({ ...texts, [which]: text });
                setSaid("");
              }}
              error={errorOf(which)}
            />
          ))}
        </div>
        <p className="hint">Empty: no limit.</p>
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

/** An amber limit that is met after the red one would never be seen. */
function orderError(which: keyof Limits, { warnAbove, above, warnBelow, below }: Limits): string | undefined {
  if (which === "warnAbove" && warnAbove !== undefined && above !== undefined && warnAbove >= above)
    return "less than the red limit is expected";
  if (which === "warnBelow" && warnBelow !== undefined && below !== undefined && warnBelow <= below)
    return "more than the red limit is expected";
  return undefined;
}

function textsOf(limits: Limits): Texts {
  const text = (limit: number | undefined) => (limit === undefined ? "" : String(limit));
  return {
    warnAbove: text(limits.warnAbove),
    above: text(limits.above),
    warnBelow: text(limits.warnBelow),
    below: text(limits.below),
  };
}

function limitsOf(texts: Texts): Limits {
  const number = (text: string) => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    return Number.isFinite(value) ? value : undefined;
  };
  return {
    warnAbove: number(texts.warnAbove),
    above: number(texts.above),
    warnBelow: number(texts.warnBelow),
    below: number(texts.below),
  };
}
