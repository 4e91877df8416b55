// TensorBoard's event files.
