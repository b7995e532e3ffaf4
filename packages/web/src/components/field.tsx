import { useId, type ComponentPropsWithRef, type ReactElement, type ReactNode } from "react";
import { classNames } from "./class-names.ts";

/** What a field needs beside its control. */
interface FieldProps {
  label: string;
  /** What to write, below the label. */
  hint?: ReactNode;
  /** What is wrong with what was written; null when nothing is. */
  error?: string | null | undefined;
}

const CONTROL =
  "w-full min-w-0 rounded-md border bg-panel px-2.5 text-base sm:text-sm text-text placeholder:text-faint " +
  "aria-invalid:border-bad disabled:bg-inset disabled:text-soft";

interface Frame {
  id: string;
  describedBy: string | undefined;
  isInvalid: boolean;
}

function FieldFrame({
  label,
  hint,
  error,
  children,
}: FieldProps & { children: (frame: Frame) => ReactNode }): ReactElement {
  const id = useId();
  const isInvalid = typeof error === "string" && error !== "";
  const described = [hint === undefined ? "" : `${id}-hint`, isInvalid ? `${id}-error` : ""].filter(Boolean);
  return (
    <div className="grid min-w-0 gap-1">
      <label htmlFor={id} className="font-medium">
        {label}
      </label>
      {hint !== undefined && (
        <p id={`${id}-hint`} className="text-soft">
          {hint}
        </p>
      )}
      {children({ id, describedBy: described.join(" ") || undefined, isInvalid })}
      <p id={`${id}-error`} aria-live="polite" className="text-bad empty:hidden">
        {isInvalid ? error : ""}
      </p>
    </div>
  );
}

type InputProps = FieldProps & Omit<ComponentPropsWithRef<"input">, "id">;

/** A line to write in, with its label. */
export function TextField({ label, hint, error, className, ...rest }: InputProps): ReactElement {
  return (
    <FieldFrame label={label} hint={hint} error={error}>
      {({ id, describedBy, isInvalid }) => (
        <input
          type="text"
          {...rest}
          id={id}
          aria-describedby={describedBy}
          aria-invalid={isInvalid || undefined}
          className={classNames(CONTROL, "h-8 border-line-strong", className)}
        />
      )}
    </FieldFrame>
  );
}

type AreaProps = FieldProps & Omit<ComponentPropsWithRef<"textarea">, "id">;

/** Lines to write in, with their label. */
export function AreaField({ label, hint, error, className, ...rest }: AreaProps): ReactElement {
  return (
    <FieldFrame label={label} hint={hint} error={error}>
      {({ id, describedBy, isInvalid }) => (
        <textarea
          rows={5}
          spellCheck={false}
          {...rest}
          id={id}
          aria-describedby={describedBy}
          aria-invalid={isInvalid || undefined}
          className={classNames(CONTROL, "border-line-strong py-1.5 font-mono", className)}
        />
      )}
    </FieldFrame>
  );
}

type SelectProps = FieldProps & Omit<ComponentPropsWithRef<"select">, "id">;

/** A choice of one from a short list, with its label; give it `option` elements. */
export function SelectField({ label, hint, error, className, children, ...rest }: SelectProps): ReactElement {
  return (
    <FieldFrame label={label} hint={hint} error={error}>
      {({ id, describedBy, isInvalid }) => (
        <select
          {...rest}
          id={id}
          aria-describedby={describedBy}
          aria-invalid={isInvalid || undefined}
          className={classNames(CONTROL, "h-8 border-line-strong", className)}
        >
          {children}
        </select>
      )}
    </FieldFrame>
  );
}

type CheckProps = Omit<ComponentPropsWithRef<"input">, "id" | "type"> & { label: string; hint?: ReactNode };

/** Something that is on or off, with its label beside it. */
export function CheckField({ label, hint, ...rest }: CheckProps): ReactElement {
  const id = useId();
  return (
    <div className="grid grid-cols-[auto_1fr] gap-x-2.5">
      <input
        {...rest}
        id={id}
        type="checkbox"
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        className="mt-0.5 size-4 accent-accent"
      />
      <label htmlFor={id} className="font-medium">
        {label}
      </label>
      {hint !== undefined && (
        <p id={`${id}-hint`} className="col-start-2 text-soft">
          {hint}
        </p>
      )}
    </div>
  );
}
