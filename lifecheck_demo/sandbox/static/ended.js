// The page that stands for a mini-program.

import { copy } from "./copy.js"

copy(document.querySelector("[data-copy]"))
