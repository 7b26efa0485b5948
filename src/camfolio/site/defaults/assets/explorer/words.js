// Text of the explorer: names of scores, numbers, outcomes, and elements that hold them.
// The name of a score or column; an entry of the data, never the key.
export const named = (key, data) => data.names[key];

export function number(value) {
  return value === null || value === undefined ? "not defined" : value.toFixed(Math.abs(value) < 10 ? 2 : 1);
}

// "benign, predicted malignant, p = 0.83"
export function outcome(data, i) {
  return `${data.classes[data.label[i]]}, predicted ${data.classes[data.predicted[i]]}, p = ${data.probability[i].toFixed(2)}`;
}

// An element with attributes and children; a string is text and never markup.
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}
