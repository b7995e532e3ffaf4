import { createContext, useCallback, useContext, useState, type ReactElement, type ReactNode } from "react";
import { Icon } from "./icon.tsx";

const SHOWN_MS = 6000;
const COUNT_MAX = 3;

interface Toast {
  id: number;
  text: string;
  action: ToastAction | undefined;
}

/** Something to press in a toast, such as undoing what it tells of. */
interface ToastAction {
  label: string;
  run: () => void;
}

/** Says in a corner that something was done. Not for what went wrong: that is told where it can be mended. */
type Tell = (text: string, action?: ToastAction) => void;

const ToastContext = createContext<Tell>(() => undefined);

/** Gives what tells of something that was done. */
export function useToast(): Tell {
  return useContext(ToastContext);
}

/** Around everything that tells; shows what was told, the newest last. */
export function Toasts({ children }: { children: ReactNode }): ReactElement {
  const [toasts, setToasts] = useState<readonly Toast[]>([]);
  const dismiss = useCallback(
    (id: number) => setToasts((shown) => shown.filter((toast) => toast.id !== id)),
    [],
  );
  const tell = useCallback<Tell>(
    (text, action) => {
      const id = Date.now() + Math.random();
      // The same again stands for the last time: what is undone is what was done last.
      const others = (shown: readonly Toast[]): Toast[] => shown.filter((toast) => toast.text !== text);
      setToasts((shown) => [...others(shown), { id, text, action }].slice(-COUNT_MAX));
      setTimeout(() => dismiss(id), SHOWN_MS);
    },
    [dismiss],
  );
  return (
    <ToastContext value={tell}>
      {children}
      <div
        role="status"
        aria-label="Notices"
        className="pointer-events-none fixed inset-x-3 bottom-3 z-50 grid justify-items-end gap-2 sm:left-auto"
      >
        {toasts.map((toast) => (
          <ToastCard key={toast.id} toast={toast} onDismiss={() => dismiss(toast.id)} />
        ))}
      </div>
    </ToastContext>
  );
}

function ToastCard({ toast, onDismiss }: { toast: Toast; onDismiss: () => void }): ReactElement {
  const { text, action } = toast;
  return (
    <div className="pointer-events-auto flex max-w-sm items-center gap-2.5 rounded-md border border-line bg-panel py-2 pr-2 pl-3 shadow-lift">
      <Icon name="check" className="text-good" />
      <span className="min-w-0 [overflow-wrap:anywhere]">{text}</span>
      {action !== undefined && (
        <button
          type="button"
          className="font-medium text-accent underline"
          onClick={() => {
            action.run();
            onDismiss();
          }}
        >
          {action.label}
        </button>
      )}
      <button type="button" className="rounded p-1 text-faint hover:bg-inset" onClick={onDismiss}>
        <Icon name="close" />
        <span className="sr-only">Dismiss</span>
      </button>
    </div>
  );
}
