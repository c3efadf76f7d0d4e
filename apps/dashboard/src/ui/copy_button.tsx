import { useState } from "react";

/** Puts a text on the clipboard, also where the browser gives pages without https no clipboard. */
export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "unseen";
    // A dialog that is open has the focus for itself.
    (document.querySelector("dialog[open]") ?? document.body).append(area);
    area.select();
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- there is nothing else without https
    document.execCommand("copy");
    area.remove();
  }
}

interface CopyButtonProps {
  label: string;
  text: () => string;
}

export function CopyButton({ label, text }: CopyButtonProps) {
  const [isCopied, setCopied] = useState(false);
  return (
    <button
      type="button"
      onClick={() => void copyText(text()).then(() => setCopied(true))}
      onBlur={() => setCopied(false)}
    >
      {isCopied ? "Copied" : label}
    </button>
  );
}
