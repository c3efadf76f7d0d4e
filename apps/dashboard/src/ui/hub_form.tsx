import { type ReactNode, useEffect, useRef, useState } from "react";

import type { Outcome } from "../data/writes";

type Failure = Extract<Outcome, { ok: false }>;

interface HubFormProps {
  submitLabel: string;
  send: () => Promise<Outcome>;
  onDone: (id: string) => void;
  /** The fields; each takes the error that is its own. */
  children: (errorOf: (field: string) => string | undefined) => ReactNode;
}

/** A form that lets the hub judge what is in it, and shows its answer where it belongs. */
export function HubForm({ submitLabel, send, onDone, children }: HubFormProps) {
  const [failure, setFailure] = useState<Failure>();
  const [sending, setSending] = useState(false);
  const form = useRef<HTMLFormElement>(null);

  // As soon as the field is marked, and not before.
  useEffect(() => {
    if (failure) form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [failure]);

  const submit = async () => {
    if (sending) return;
    setSending(true);
    const outcome = await send();
    setSending(false);
    setFailure(outcome.ok ? undefined : outcome);
    if (outcome.ok) onDone(outcome.id);
  };

  return (
    <form
      ref={form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      {children((field) => (failure?.field === field ? failure.message : undefined))}
      {failure?.field === "" && (
        <p className="error" role="alert">
          {failure.message}
        </p>
      )}
      <div className="form-end">
        {/* Not disabled: the focus would fall out of the dialog. */}
        <button type="submit" className="primary" aria-disabled={sending}>
          {submitLabel}
        </button>
      </div>
    </form>
  );
}
