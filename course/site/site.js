// What the pages do beyond reading: light and dark, copying code, searching. They can be read without it.
"use strict";

const kept = {
  // Some browsers refuse storage to pages from disk: the choice then lasts for one page.
  get: () => { try { return localStorage.getItem("theme"); } catch { return null; } },
  set: (theme) => { try { localStorage.setItem("theme", theme); } catch { } },
};
const root = document.documentElement;
if (kept.get()) root.dataset.theme = kept.get();

document.addEventListener("DOMContentLoaded", () => {
  themeButton(document.querySelector("header .theme"));
  document.querySelectorAll(".code").forEach(addCopyButton);
  const scrolling = new ResizeObserver((entries) => entries.forEach(({ target }) => onlyWhereItScrolls(target)));
  document.querySelectorAll("pre, .scroll").forEach((one) => scrolling.observe(one));
  if (location.protocol === "file:") { // Python in the page cannot start from disk
    document.querySelectorAll("a[href*='lite/notebooks/']").forEach((link) => link.append(" (needs a web server)"));
  }
  const results = document.querySelector("ol.results");
  if (results) loadIndex(() => search(new URLSearchParams(location.search).get("q") || "", results));
});

function themeButton(button) {
  const isDark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const name = () => { button.textContent = isDark() ? "Light" : "Dark"; };
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    kept.set(root.dataset.theme);
    name();
  });
  button.setAttribute("aria-description", "Switch between light and dark");
  button.hidden = false;
  name();
}

function addCopyButton(block) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    const copied = await copy(block.querySelector("pre").textContent);
    button.textContent = copied ? "Copied" : "Select and copy by hand";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  block.append(button);
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch { // no clipboard without https in some browsers
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    return copied;
  }
}

// A box is a stop of the Tab key only where it scrolls.
function onlyWhereItScrolls(box) {
  if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
  else box.removeAttribute("tabindex");
}

function loadIndex(then) { // a script and not a request: pages from disk may not request files
  const script = document.createElement("script");
  script.src = "assets/search-index.js";
  script.addEventListener("load", then);
  document.head.append(script);
}

function search(query, results) {
  document.querySelector("input[name=q]").value = query;
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const found = words.length ? window.searchIndex.flatMap(([page, title, sections]) =>
    sections.map(([anchor, heading, text]) => ({ page, title, anchor, heading, text, rank: rank(words, title, heading, text) }))
  ).filter(({ rank }) => rank > 0).sort((a, b) => b.rank - a.rank) : [];
  const status = document.querySelector(".found");
  if (!words.length) status.textContent = "Type a word above.";
  else if (!found.length) status.textContent = `Nothing found for “${query}”. Try a shorter or another word.`;
  else status.textContent = `${found.length} section${found.length > 1 ? "s" : ""} for “${query}”${found.length > 40 ? ", the best 40" : ""}.`;
  results.replaceChildren(...found.slice(0, 40).map((one) => entry(one, words)));
}

// 0 where a word is missing; headings count more than text.
function rank(words, title, heading, text) {
  const inTitle = title.toLowerCase(), inHeading = heading.toLowerCase(), inText = text.toLowerCase();
  let sum = 0;
  for (const word of words) {
    const often = inText.split(word).length - 1;
    const own = (inHeading.includes(word) ? 20 : 0) + (inHeading === words.join(" ") ? 50 : 0) + Math.min(often, 5);
    if (!own) return 0;
    sum += own + (inTitle.includes(word) ? 1 : 0);
  }
  return sum;
}

function entry({ page, title, anchor, heading, text }, words) {
  const item = document.createElement("li"), link = document.createElement("a"), said = document.createElement("p");
  link.href = page + (anchor ? `#${anchor}` : "");
  link.textContent = heading && heading !== title ? `${heading} (${title.split(":")[0]})` : title;
  const at = Math.max(0, Math.min(...words.map((word) => text.toLowerCase().indexOf(word)).filter((i) => i >= 0)) - 60) || 0;
  said.append(...marked((at ? "… " : "") + text.slice(at === Infinity ? 0 : at, at + 220), words));
  item.append(link, said);
  return item;
}

function marked(text, words) {
  const pattern = new RegExp(`(${words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|")})`, "gi");
  return text.split(pattern).map((part, i) => {
    if (i % 2 === 0) return part;
    const mark = document.createElement("mark");
    mark.textContent = part;
    return mark;
  });
}
