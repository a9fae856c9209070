"""The month as one document, in Word, PDF or a workbook: `document.py` says what it holds, the others write it."""
