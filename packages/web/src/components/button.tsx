import type { ComponentPropsWithRef, ReactElement } from "react";
import { createLink } from "@tanstack/react-router";
import { classNames } from "./class-names.ts";
import { Icon, type IconName } from "./icon.tsx";

type Look = "primary" | "plain" | "quiet" | "danger";

interface Looks {
  look?: Look;
  icon?: IconName;
  /** True where its text is for screen readers only. */
  isIconOnly?: boolean;
}

const SHAPE =
  "inline-flex items-center justify-center gap-1.5 rounded-md border px-3 h-8 text-sm font-medium whitespace-nowrap " +
  "transition-colors no-underline disabled:opacity-55 disabled:cursor-default";
const LOOKS: Readonly<Record<Look, string>> = {
  primary: "border-transparent bg-accent text-on-accent hover:bg-accent-strong",
  plain: "border-line bg-panel text-text hover:border-line-strong hover:bg-inset",
  quiet: "border-transparent text-soft hover:bg-inset hover:text-text",
  danger: "border-transparent bg-bad text-on-bad hover:brightness-110",
};

function shapeOf({ look = "plain", isIconOnly = false }: Looks, more: string | undefined): string {
  return classNames(SHAPE, LOOKS[look], isIconOnly && "w-8 px-0", more);
}

type ButtonProps = ComponentPropsWithRef<"button"> &
  Looks & {
    /** True while what it started goes on: it keeps its place and cannot be pressed again. */
    isBusy?: boolean;
  };

/** A button. In a form it sends the form only with `type="submit"`. */
export function Button({
  look,
  icon,
  isIconOnly,
  isBusy = false,
  className,
  children,
  ...rest
}: ButtonProps): ReactElement {
  return (
    <button
      type="button"
      {...rest}
      disabled={rest.disabled === true || isBusy}
      aria-busy={isBusy || undefined}
      className={shapeOf({ ...(look && { look }), ...(isIconOnly && { isIconOnly }) }, className)}
    >
      {isBusy ? <Spinner /> : icon && <Icon name={icon} />}
      {isIconOnly === true ? <span className="sr-only">{children}</span> : children}
    </button>
  );
}

function Spinner(): ReactElement {
  return (
    <span
      aria-hidden="true"
      className="size-3.5 animate-spin rounded-full border-2 border-current border-r-transparent"
    />
  );
}

type AnchorProps = ComponentPropsWithRef<"a"> & Looks;

function ButtonAnchor({ look, icon, isIconOnly, className, children, ...rest }: AnchorProps): ReactElement {
  return (
    <a {...rest} className={shapeOf({ ...(look && { look }), ...(isIconOnly && { isIconOnly }) }, className)}>
      {icon && <Icon name={icon} />}
      {isIconOnly === true ? <span className="sr-only">{children}</span> : children}
    </a>
  );
}

/** A link to a page of the console that looks like a button. */
export const ButtonLink = createLink(ButtonAnchor);
