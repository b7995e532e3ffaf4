import type { ReactElement, ReactNode } from "react";
import { Button } from "../../components/button.tsx";
import { TextField } from "../../components/field.tsx";
import { ProblemText } from "../../components/states.tsx";

interface AddFormProps {
  label: string;
  hint?: string;
  verb: string;
  value: string;
  onChange: (value: string) => void;
  /** The mutation that adds. */
  work: { mutate: () => void; isPending: boolean; error: unknown };
  /** Further fields. */
  children?: ReactNode;
}

/** A line above a list that adds to it by name. */
export function AddForm({ label, hint, verb, value, onChange, work, children }: AddFormProps): ReactElement {
  return (
    <form
      className="grid gap-2 border-b border-line px-4 py-3"
      onSubmit={(event) => {
        event.preventDefault();
        work.mutate();
      }}
    >
      <div className="flex flex-wrap items-end gap-3">
        <div className="w-full sm:w-72">
          <TextField
            label={label}
            {...(hint === undefined ? {} : { hint })}
            required
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            value={value}
            onChange={(event) => onChange(event.target.value)}
          />
        </div>
        {children}
        <Button type="submit" isBusy={work.isPending}>
          {verb}
        </Button>
      </div>
      <ProblemText problem={work.error} />
    </form>
  );
}
