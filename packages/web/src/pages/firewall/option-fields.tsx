import type { ListEntry, OptionSpec } from "@entrepot/core";
import type { ReactElement } from "react";
import { AreaField, CheckField, SelectField, TextField } from "../../components/field.tsx";

type Values = Readonly<Record<string, unknown>>;

interface FieldsProps {
  specs: Readonly<Record<string, OptionSpec>>;
  values: Values;
  onChange: (values: Values) => void;
  /** What all labels begin with. */
  under?: string;
}

/** A field for each option, made from what the option may be. */
export function OptionFields({ specs, values, onChange, under }: FieldsProps): ReactElement {
  return (
    <>
      {Object.entries(specs).map(([name, spec]) => (
        <OptionField
          key={name}
          label={labelOf(name, under)}
          spec={spec}
          value={values[name]}
          onChange={(value) => onChange({ ...values, [name]: value })}
        />
      ))}
    </>
  );
}

// `onlyWhereFixed` as people write it.
function labelOf(name: string, under: string | undefined): string {
  const words = name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  if (under !== undefined) return `${under}: ${words}`;
  return words.charAt(0).toUpperCase() + words.slice(1);
}

interface FieldProps<Spec> {
  label: string;
  spec: Spec;
  value: unknown;
  onChange: (value: unknown) => void;
}

type SpecOf<Kind extends OptionSpec["kind"]> = Extract<OptionSpec, { kind: Kind }>;

function OptionField(props: FieldProps<OptionSpec>): ReactElement {
  const { label, spec, value, onChange } = props;
  switch (spec.kind) {
    case "number":
      return <NumberField {...props} spec={spec} />;
    case "boolean":
      return (
        <CheckField
          label={label}
          checked={value === true}
          onChange={({ target }) => onChange(target.checked)}
        />
      );
    case "choice":
      return (
        <SelectField label={label} value={String(value)} onChange={({ target }) => onChange(target.value)}>
          {spec.values.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </SelectField>
      );
    case "members":
      return <MembersField {...props} spec={spec} />;
    case "entries":
      return <EntriesField {...props} />;
    case "names":
    case "texts":
      return (
        <LinesField
          {...props}
          hint={spec.kind === "names" ? "A name or @scope/* in a line." : `In lines: ${spec.what}.`}
        />
      );
  }
}

function NumberField({ label, spec, value, onChange }: FieldProps<SpecOf<"number">>): ReactElement {
  const orNone = spec.nullable === true ? "; empty for no limit" : "";
  return (
    <TextField
      label={label}
      hint={`${spec.unit}, ${spec.min} to ${spec.max}${orNone}`}
      type="number"
      step={spec.max <= 1 ? 0.01 : 1}
      min={spec.min}
      max={spec.max}
      required={spec.nullable !== true}
      value={typeof value === "number" ? String(value) : ""}
      onChange={({ target }) => onChange(target.value === "" ? null : Number(target.value))}
    />
  );
}

function MembersField({ label, spec, value, onChange }: FieldProps<SpecOf<"members">>): ReactElement {
  const isThere = value !== null && value !== undefined;
  return (
    <fieldset className="grid gap-3 rounded-md border border-line p-3 sm:col-span-2 sm:grid-cols-2">
      <legend className="px-1 font-medium">{label}</legend>
      {spec.nullable === true && (
        <CheckField
          label={`Use ${label.toLowerCase()}`}
          checked={isThere}
          onChange={({ target }) => onChange(target.checked ? firstValues(spec) : null)}
        />
      )}
      {isThere && (
        <OptionFields specs={spec.members} values={value as Values} onChange={onChange} under={label} />
      )}
    </fieldset>
  );
}

function firstValues({ members }: SpecOf<"members">): Values {
  return Object.fromEntries(
    Object.entries(members).map(([name, spec]) => {
      if (spec.kind === "number") return [name, spec.min];
      return [name, spec.kind === "choice" ? spec.values.at(-1) : null];
    }),
  );
}

function LinesField({
  label,
  value,
  onChange,
  hint,
}: Omit<FieldProps<unknown>, "spec"> & { hint: string }): ReactElement {
  return (
    <AreaField
      label={label}
      hint={hint}
      rows={3}
      value={(value as readonly string[]).join("\n")}
      onChange={({ target }) => onChange(linesOf(target.value))}
    />
  );
}

// The line that is being written may still be empty.
function linesOf(text: string): string[] {
  return text === "" ? [] : text.split("\n").filter((line, at, all) => line !== "" || at === all.length - 1);
}

function EntriesField({ label, value, onChange }: Omit<FieldProps<unknown>, "spec">): ReactElement {
  const entries = value as readonly ListEntry[];
  const lines = entries.map(({ packages, range, reason }) =>
    [packages, range === "*" && reason === "" ? "" : range, reason].join(" ").trimEnd(),
  );
  return (
    <div className="sm:col-span-2">
      <AreaField
        label={label}
        hint="In a line: a name, @scope/* or prefix-*, then a version range, then why; such as: left-pad ^1.0.0 unmaintained"
        defaultValue={lines.join("\n")}
        onChange={({ target }) => onChange(target.value.split("\n").flatMap(entryOf))}
      />
    </div>
  );
}

function entryOf(line: string): ListEntry[] {
  const [packages = "", range = "*", ...reason] = line.trim().split(/\s+/);
  return packages === "" ? [] : [{ packages, range, reason: reason.join(" ") }];
}
