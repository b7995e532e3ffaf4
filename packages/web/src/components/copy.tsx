import { useEffect, useState, type ReactElement } from "react";
import { Button } from "./button.tsx";
import { Icon } from "./icon.tsx";

const CONFIRMED_MS = 2000;

function useCopy(text: string): { isCopied: boolean; copy: () => void } {
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), CONFIRMED_MS);
    return () => clearTimeout(timer);
  }, [isCopied]);
  return { isCopied, copy: () => void copyText(text).then(setCopied) };
}

// Browsers give a clipboard to pages that came by https or from this machine only; else the old way has to do.
async function copyText(text: string): Promise<boolean> {
  if (window.isSecureContext) {
    return await navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
  }
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "sr-only";
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  return isCopied;
}

/** A small button that copies a text; `what` names the text for who cannot see where the button is. */
export function CopyButton({ text, what }: { text: string; what: string }): ReactElement {
  const { isCopied, copy } = useCopy(text);
  return (
    <Button look="quiet" icon={isCopied ? "check" : "copy"} isIconOnly onClick={copy}>
      {isCopied ? `Copied ${what}` : `Copy ${what}`}
    </Button>
  );
}

/** Text to be pasted somewhere else, with a button that copies it. `label` says what it is and where it goes. */
export function CopyBlock({ text, label }: { text: string; label: string }): ReactElement {
  const { isCopied, copy } = useCopy(text);
  return (
    <figure className="min-w-0 overflow-hidden rounded-md border border-line">
      <figcaption className="flex items-center justify-between gap-2 border-b border-line bg-inset py-1 pr-1 pl-3 text-soft">
        <span className="min-w-0 truncate">{label}</span>
        <button
          type="button"
          onClick={copy}
          className="inline-flex h-6 items-center gap-1 rounded px-2 text-xs font-medium text-text hover:bg-panel"
        >
          <Icon name={isCopied ? "check" : "copy"} className="size-3.5" />
          {isCopied ? "Copied" : "Copy"}
          <span className="sr-only"> {label}</span>
        </button>
      </figcaption>
      <pre tabIndex={0} aria-label={label} className="overflow-x-auto px-3 py-2.5 leading-relaxed">
        <code>{text}</code>
      </pre>
    </figure>
  );
}
