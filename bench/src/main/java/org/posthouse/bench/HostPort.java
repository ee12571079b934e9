package org.posthouse.bench;

import java.net.InetSocketAddress;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// Reads `HOST:PORT`.
final class HostPort implements ITypeConverter<InetSocketAddress> {
    @Override
    public InetSocketAddress convert(String value) {
        int colon = value.lastIndexOf(':');
        String port = value.substring(colon + 1);
        if (colon < 1 || !port.matches("\\d{1,5}") || Integer.parseInt(port) > 0xffff) {
            throw new TypeConversionException("'" + value + "' is not HOST:PORT");
        }
        return new InetSocketAddress(value.substring(0, colon), Integer.parseInt(port));
    }
}
