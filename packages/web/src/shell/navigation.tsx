import { Link } from "@tanstack/react-router";
import type { ReactElement } from "react";
import { Icon } from "../components/icon.tsx";
import { AREAS } from "./areas.ts";
import { Mark } from "./mark.tsx";

/** The way to each part of the console: at the side, or above where the screen is narrow. */
export function Navigation(): ReactElement {
  return (
    <header className="bg-nav text-nav-text lg:sticky lg:top-0 lg:h-dvh">
      <Link
        to="/"
        className="flex h-12 items-center gap-2.5 px-4 text-base font-semibold text-nav-bright lg:px-5"
      >
        <Mark />
        Entrepot
      </Link>
      <nav aria-label="Main" className="overflow-x-auto px-2 pb-2 lg:px-3 lg:py-2">
        <ul className="flex gap-0.5 lg:flex-col">
          {AREAS.map(({ title, to, icon }) => (
            <li key={to}>
              <Link
                to={to}
                activeOptions={{ exact: to === "/" }}
                className="flex h-8 items-center gap-2.5 rounded-md px-2.5 font-medium whitespace-nowrap hover:bg-nav-active hover:text-nav-bright aria-[current=page]:bg-nav-active aria-[current=page]:text-nav-bright"
              >
                <Icon name={icon} className="max-lg:hidden" />
                {title}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
    </header>
  );
}
