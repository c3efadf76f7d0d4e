import { type ReactNode, useEffect, useRef } from "react";

interface DialogProps {
  title: string;
  /** A click beside it closes it: only where nothing is typed that would be lost. */
  isLight?: boolean;
  onClose: () => void;
  children: ReactNode;
}

/** The browser's own modal dialog: it keeps the focus inside, and gives it back. */
export function Dialog({ title, isLight = false, onClose, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={element}
      aria-labelledby="dialog-title"
      onClose={onClose}
      closedby={isLight ? "any" : "closerequest"}
    >
      <h2 id="dialog-title">{title}</h2>
      {children}
      {/* Last, so that a dialog opens with the focus on what it is for. */}
      <button type="button" className="icon dialog-close" aria-label="Close" onClick={onClose}>
        ✕
      </button>
    </dialog>
  );
}
