import { Dialog as BaseDialog } from "@base-ui/react/dialog";
import { useState, type ReactElement, type ReactNode } from "react";
import { Button } from "./button.tsx";
import { TextField } from "./field.tsx";
import { ProblemText } from "./states.tsx";

interface DialogProps {
  isOpen: boolean;
  onClose: () => void;
  title: string;
  children: ReactNode;
}

/** A window over the page that keeps the keyboard until it is closed; Escape closes it. */
function Dialog({ isOpen, onClose, title, children }: DialogProps): ReactElement {
  return (
    <BaseDialog.Root open={isOpen} onOpenChange={(open) => (open ? undefined : onClose())}>
      <BaseDialog.Portal>
        <BaseDialog.Backdrop className="fixed inset-0 z-40 bg-veil" />
        <BaseDialog.Popup className="fixed top-[12vh] left-1/2 z-50 grid max-h-[80vh] w-[min(32rem,calc(100vw-1.5rem))] -translate-x-1/2 gap-4 overflow-auto rounded-lg border border-line bg-panel p-5 shadow-lift">
          <BaseDialog.Title className="text-base font-semibold">{title}</BaseDialog.Title>
          {children}
        </BaseDialog.Popup>
      </BaseDialog.Portal>
    </BaseDialog.Root>
  );
}

interface ConfirmProps {
  isOpen: boolean;
  onClose: () => void;
  title: string;
  /** What will happen, and what will not come back. */
  children: ReactNode;
  /** What has to be typed first; left out where a click is enough. */
  typed?: string;
  /** The verb on the button. */
  verb: string;
  /** `primary` where nothing is lost. */
  look?: "danger" | "primary";
  isBusy: boolean;
  problem: unknown;
  onConfirm: () => void;
}

/** Asks before something that cannot be taken back, and has its name typed where much is lost. */
export function ConfirmDialog({
  typed,
  verb,
  look = "danger",
  isBusy,
  problem,
  onConfirm,
  children,
  ...dialog
}: ConfirmProps): ReactElement {
  const [text, setText] = useState("");
  const isTyped = typed === undefined || text.trim() === typed;
  return (
    <Dialog {...dialog}>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (isTyped && !isBusy) onConfirm();
        }}
      >
        <div className="grid gap-2 text-soft">{children}</div>
        {typed !== undefined && (
          <TextField
            label={`Type ${typed} to confirm`}
            value={text}
            onChange={(event) => setText(event.target.value)}
            autoComplete="off"
            spellCheck={false}
          />
        )}
        <ProblemText problem={problem} />
        <div className="flex justify-end gap-2">
          <Button onClick={dialog.onClose}>Cancel</Button>
          <Button type="submit" look={look} disabled={!isTyped} isBusy={isBusy}>
            {verb}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
