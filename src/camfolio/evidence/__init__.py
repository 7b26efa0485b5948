"""Evaluation of maps: localisation and faithfulness scores, controls, sanity checks, selection of examples, findings."""
