"""Two aerial images of one place in, measured changes out. Pure: numpy, rasterio, OpenCV, ONNX Runtime; no Django."""
