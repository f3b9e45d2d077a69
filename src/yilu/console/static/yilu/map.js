// The maps of a page: areas by shade, flows as arcs, hubs, alerts. They draw the rows that the page's tables hold, and fetch nothing but outlines, from this host.
import * as maplibre from "../vendor/maplibre-gl.mjs";

const zh = document.documentElement.lang.startsWith("zh");
const said = (pair) => (Array.isArray(pair) ? pair[zh ? 0 : 1] : pair);
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** The shade of a value: that of the last class whose bound it reaches. */
const shade = (shown, value) => {
  const fitting = shown.classes.filter((c) => value !== null && value >= c.bound);
  return fitting.length ? fitting.at(-1).shade : "none";
};

/** An arc from one point to another that bends to the right of its way, so that both ways of a pair are seen. */
const arc = ([[x0, y0], [x1, y1]], steps = 24) => {
  const [mx, my] = [(x0 + x1) / 2 + (y1 - y0) * 0.18, (y0 + y1) / 2 - (x1 - x0) * 0.18];
  return Array.from({ length: steps + 1 }, (_, i) => {
    const t = i / steps, s = 1 - t;
    return [s * s * x0 + 2 * s * t * mx + t * t * x1, s * s * y0 + 2 * s * t * my + t * t * y1];
  });
};

const collection = (features) => ({ type: "FeatureCollection", features });
const pointsOf = (shown) => collection(shown.areas.map((a) => ({ type: "Feature", properties: { code: a.code, shade: String(shade(shown, a.value)) }, geometry: { type: "Point", coordinates: [a.lon, a.lat] } })));
const flowsOf = (shown) => {
  const most = Math.max(1, ...shown.flows.map((f) => f.items));
  return collection(shown.flows.map((f) => ({ type: "Feature", properties: { width: 0.5 + 5 * Math.sqrt(f.items / most) }, geometry: { type: "LineString", coordinates: shown.straight ? f.line : arc(f.line) } })));
};
const shadesOf = () => ["match", ["get", "shade"], ...[0, 1, 2, 3, 4].flatMap((n) => [String(n), colour(`--shade-${n}`)]), colour("--shade-none")];

const fetched = async (address) => {
  const answer = address ? await fetch(address) : null;
  return answer?.ok ? answer.json() : null;
};
const outlined = async (shown) => {
  const found = await fetched(shown.outlines);
  if (!found) return null;
  const values = new Map(shown.areas.map((a) => [a.code, a.value]));
  for (const f of found.features) f.properties.shade = values.has(f.properties.code) ? String(shade(shown, values.get(f.properties.code))) : "none";
  return found;
};

const style = (shown, outlines, around) => {
  const sources = { flows: { type: "geojson", data: flowsOf(shown) }, points: { type: "geojson", data: pointsOf(shown) } };
  const layers = [{ id: "ground", type: "background", paint: { "background-color": colour("--map-ground") } }];
  if (shown.base) {
    sources.base = { type: "raster", tiles: [new URL(shown.base, location.origin).href.replaceAll("%7B", "{").replaceAll("%7D", "}")], tileSize: 256 };
    layers.push({ id: "base", type: "raster", source: "base" });
  }
  if (outlines) {
    sources.outlines = { type: "geojson", data: outlines };
    layers.push({ id: "areas", type: "fill", source: "outlines", paint: { "fill-color": shadesOf(), "fill-opacity": 0.85 } });
    layers.push({ id: "borders", type: "line", source: "outlines", paint: { "line-color": colour("--map-border"), "line-width": 1 } });
  } else if (around) {
    sources.around = { type: "geojson", data: around };
    layers.push({ id: "around", type: "line", source: "around", paint: { "line-color": colour("--map-border"), "line-width": 1 } });
  }
  if (!outlines) layers.push({ id: "areas", type: "circle", source: "points", paint: { "circle-radius": shown.radius ?? (shown.labels === false ? 6 : 9), "circle-color": shadesOf(), "circle-stroke-color": colour("--map-border"), "circle-stroke-width": 1.5 } });
  layers.push({ id: "flows", type: "line", source: "flows", layout: { "line-cap": "round" }, paint: { "line-color": colour("--flow"), "line-width": ["get", "width"], "line-opacity": 0.55 } });
  return { version: 8, sources, layers };
};

/** The box around all that is shown: the province's own, or that of the areas. */
const box = (shown) => {
  if (shown.box) return [[shown.box[0], shown.box[1]], [shown.box[2], shown.box[3]]];
  const bounds = new maplibre.LngLatBounds();
  for (const a of shown.areas) bounds.extend([a.lon, a.lat]);
  return bounds.isEmpty() ? [[73, 18], [135, 54]] : bounds;
};

const marked = (name, classes, title, text = "") => {
  const mark = document.createElement(name);
  mark.className = classes;
  mark.title = title;
  mark.textContent = text;
  return mark;
};
const put = (map, element, { lon, lat }, offset = [0, 0], anchor = "center") => new maplibre.Marker({ element, anchor, offset }).setLngLat([lon, lat]).addTo(map);

const mark = (map, shown) => {
  for (const h of shown.hubs) {
    const kind = h.tier || "other";
    const hub = marked("span", `hub ${kind}${h.planned ? " planned" : ""}${h.west ? " west" : ""} on-map`, [said(h.name), said(h.kind), said(h.tier_name), said(h.state)].filter(Boolean).join(" · "));
    if (h.label) hub.append(marked("small", "hub-name", "", said(h.label)));
    put(map, hub, h, h.label ? [h.west ? 8 : -8, 0] : [0, 0], h.label ? (h.west ? "right" : "left") : "center");
  }
  const named = shown.labels === false ? [] : [...shown.areas].sort((a, b) => (b.value ?? 0) - (a.value ?? 0));
  for (const a of named) {
    const label = marked("a", "area-label", `${said(a.name)}: ${said(a.said)}`);
    label.href = a.address;
    label.tabIndex = -1;
    label.append(said(a.name), marked("small", "", "", said(a.said)));
    put(map, label, a, [0, 8], "top");
  }
  for (const p of shown.alerts) {
    const badge = marked("span", `badge-severity severity-${p.severity} on-map`, `${said(p.name)}: ${said(p.severity_name)}, ${p.alerts}`, ` ${p.alerts}`);
    badge.dataset.severity = p.severity;
    put(map, badge, p, [0, -10], "bottom");
  }
};

/** Names of areas that would lie under an alert or another name are left out until there is room for them; titles and tables still tell them. */
const uncovered = (place) => {
  const taken = [...place.querySelectorAll(".badge-severity.on-map:not([hidden])")].map((e) => e.getBoundingClientRect());
  for (const label of place.querySelectorAll(".area-label")) {
    const at = label.getBoundingClientRect();
    const covered = taken.some((t) => at.left < t.right && t.left < at.right && at.top < t.bottom && t.top < at.bottom);
    label.style.visibility = covered ? "hidden" : "";
    if (!covered) taken.push(at);
  }
};

const layers = { hubs: ".hub.on-map", alerts: ".badge-severity.on-map" };
const switched = (map, place, shown) => {
  for (const box of document.querySelectorAll("[data-layer]")) {
    const name = `layer-${shown.level}-${box.dataset.layer}`;
    const kept = sessionStorage.getItem(name);
    if (kept) box.checked = kept === "on";
    const apply = () => {
      if (box.dataset.layer === "flows") map.setLayoutProperty("flows", "visibility", box.checked ? "visible" : "none");
      else place.querySelectorAll(layers[box.dataset.layer]).forEach((e) => { e.hidden = !box.checked; });
      uncovered(place);
    };
    box.onchange = () => {
      sessionStorage.setItem(name, box.checked ? "on" : "off");
      apply();
    };
    apply();
  }
};

/** What is told of an area that is pointed at, where the page has room for it. */
const pointed = (map, place, shown) => {
  const says = place.closest("section")?.querySelector("[data-map-says]");
  if (!says) return;
  const areas = new Map(shown.areas.map((a) => [a.code, a]));
  map.on("mousemove", "areas", (e) => {
    const a = areas.get(e.features[0].properties.code);
    says.textContent = a ? `${said(a.name)}: ${said(a.said)}` : "";
  });
  map.on("mouseleave", "areas", () => { says.textContent = ""; });
};

/** Room around what is shown, in pixels: names of hubs stand to their right, also of the easternmost. */
const room = (shown) => {
  const all = shown.box ? 24 : 56;
  return shown.hubs.some((h) => h.label && !h.west) ? { top: all, bottom: all, left: all, right: all + 72 } : all;
};

const draw = async (place, shown) => {
  const outlines = await outlined(shown);
  const around = outlines ? null : await fetched(shown.around);
  const map = new maplibre.Map({ container: place, style: style(shown, outlines, around), bounds: box(shown), fitBoundsOptions: { padding: room(shown) }, attributionControl: false, dragRotate: false, pitchWithRotate: false });
  map.addControl(new maplibre.NavigationControl({ showCompass: false }), "top-right");
  map.scrollZoom.disable();
  mark(map, shown);
  pointed(map, place, shown);
  map.on("load", () => {
    switched(map, place, shown);
    uncovered(place);
    place.dataset.ready = "yes";
  });
  map.on("moveend", () => uncovered(place));
  const leads = shown.linked || shown.level === "city";
  const addresses = new Map(shown.areas.map((a) => [a.code, a.address]));
  map.on("click", "areas", (e) => {
    const to = addresses.get(e.features[0].properties.code);
    if (to && leads) location.assign(to);
  });
  map.on("mouseenter", "areas", () => { map.getCanvas().style.cursor = leads ? "pointer" : ""; });
  map.on("mouseleave", "areas", () => { map.getCanvas().style.cursor = ""; });
  document.addEventListener("theme", () => {
    map.setStyle(style(shown, outlines, around));
    map.once("styledata", () => switched(map, place, shown));
  });
};

for (const place of document.querySelectorAll(".map")) {
  const shown = JSON.parse(document.getElementById(place.dataset.shown ?? "map-data").textContent);
  draw(place, shown).catch((error) => {
    place.textContent = place.dataset.broken;
    place.classList.add("broken");
    console.warn(String(error));
  });
}
