import { type Range, zoomed } from "../data/range";
import { showRange, useShortcuts } from "../ui/hooks";
import { useHub } from "../ui/hub";

/** `factor` of the span, `shift` as a part of it. */
const STEPS = [
  { key: "+", label: "Zoom in", sign: "+", factor: 0.5, shift: 0 },
  { key: "-", label: "Zoom out", sign: "−", factor: 2, shift: 0 },
  { key: "[", label: "Earlier", sign: "←", factor: 1, shift: -0.5 },
  { key: "]", label: "Later", sign: "→", factor: 1, shift: 0.5 },
] as const;

type Step = (typeof STEPS)[number];

/** Zooms and moves the time that is shown, also by keys. */
export function ZoomButtons({ range }: { range: Range }) {
  const { live } = useHub();
  const change = ({ factor, shift }: Step, isHeld = false) =>
    showRange(zoomed(range, live.hubNow(), factor, shift), isHeld);
  useShortcuts(
    Object.fromEntries(
      STEPS.map((step) => [step.key, ({ repeat }: KeyboardEvent) => change(step, repeat)] as const),
    ),
  );
  return (
    <div className="segments" role="group" aria-label="Zoom">
      {STEPS.map((step) => (
        <button
          key={step.key}
          type="button"
          aria-label={step.label}
          aria-keyshortcuts={step.key}
          title={`${step.label} (${step.key})`}
          disabled={step.label === "Later" && range.kind === "live"}
          onClick={() => change(step)}
        >
          {step.sign}
        </button>
      ))}
    </div>
  );
}
