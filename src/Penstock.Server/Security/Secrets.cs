using System.Text;
using System.Text.RegularExpressions;

namespace Penstock.Server.Security;

/// <summary>Takes passwords out of what people may read of the wire.</summary>
internal static partial class Secrets
{
    /// <summary>The frame without the values of AuthorizationKey (1.6) and BasicAuthPassword (2.x); the frame itself where it names neither.</summary>
    internal static ReadOnlyMemory<byte> Masked(ReadOnlyMemory<byte> frame)
    {
        if (frame.Span.IndexOf("uthorizationKey"u8) < 0 && frame.Span.IndexOf("asicAuthPassword"u8) < 0) return frame;
        return Encoding.UTF8.GetBytes(Value().Replace(Encoding.UTF8.GetString(frame.Span), "$1\"***\""));
    }

    [GeneratedRegex("""("(?:value|attributeValue|basicAuthPassword)"\s*:\s*)"(?:[^"\\]|\\.)*"?""", RegexOptions.None, matchTimeoutMilliseconds: 200)]
    private static partial Regex Value();
}
