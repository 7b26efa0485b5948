"""LIDC-IDRI: annotations, XML, DICOM series, and grouping of contours into nodules."""
