using System.Text;

namespace Penstock.Server.Security;

/// <summary>The Authorization header of a handshake.</summary>
/// <param name="Password">Bytes after the user; null = there are none to look at.</param>
/// <param name="Fault">What is wrong with the header; null = nothing, or there is no header.</param>
public sealed record BasicAuthorization(byte[]? Password, string? Fault)
{
    /// <summary>A longer header is not decoded: user 48, password 64, in base64.</summary>
    private const int LengthMax = 256;

    /// <summary>Reads the header of a station that says to be <paramref name="station"/>. The user is the station's identity, which may hold colons (2.1: identifierString).</summary>
    public static BasicAuthorization Read(string? header, string station)
    {
        if (string.IsNullOrEmpty(header)) return new BasicAuthorization(null, null);
        if (!header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase) || header.Length > LengthMax) return new BasicAuthorization(null, "The Authorization header is no HTTP Basic of at most 256 characters.");
        var bytes = new byte[header.Length];
        if (!Convert.TryFromBase64String(header[6..].Trim(), bytes, out var length)) return new BasicAuthorization(null, "The Authorization header is not base64.");
        var user = Encoding.UTF8.GetBytes(station + ":");
        return bytes.AsSpan(0, length).StartsWith(user)
            ? new BasicAuthorization(bytes[user.Length..length], null)
            : new BasicAuthorization(null, $"The user of the Authorization header is not the station's identity \"{station}\".");
    }
}
