"""LIDC-IDRI: annotations, XML, DICOM series, and which contours belong to one nodule."""
