// Text of the explorer: names of scores, numbers, outcomes, marks, and elements that hold them.
// The name of a score or column; an entry of the data, never the key.
export const named = (key, data) => data.names[key];

export function number(value) {
  if (value === null || value === undefined) return "not defined";
  return value.toFixed(Math.abs(value) < 10 ? 2 : 1).replace(/^-(?=.*[1-9])/, "−").replace("-", "");
}

// "benign, predicted malignant, p = 0.83"
export function outcome(data, i) {
  return `${data.classes[data.label[i]]}, predicted ${data.classes[data.predicted[i]]}, p = ${data.probability[i].toFixed(2)}`;
}

// The mark of a slice: a cross if it is misclassified; with colours by outcome also the shape of its class.
export function mark(label, predicted, colours) {
  return (label === predicted ? "" : "×") + (colours ? ["●", "▲"][label] : "");
}

// What the marks on the wall mean; with colours also how many of these slices have each.
export function legend(data, order, colours) {
  if (!colours) return ["A cross marks a misclassified slice."];
  return [[0, 0], [1, 1], [0, 1], [1, 0]].map(([label, predicted]) => {
    const count = order.filter((i) => data.label[i] === label && data.predicted[i] === predicted).length;
    const words = label === predicted ? `${data.classes[label]}, right` : `${data.classes[label]}, predicted ${data.classes[predicted]}`;
    return element("span", { class: "outcome" }, element("span", { class: "mark-of", "data-label": label, "aria-hidden": "true" }, mark(label, predicted, true)), ` ${words} (${count})`);
  });
}

// An element with attributes and children; a string is text and never markup.
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}
