{{/* The fields that the external and the internal Service share; (list . values ports targetPorts type). */}}
{{- define "gatehouse.serviceSpec" -}}
{{- $root := index . 0 -}}
{{- $service := index . 1 -}}
{{- $type := index . 4 -}}
type: {{ $type }}
{{- with $service.clusterIP }}
clusterIP: {{ . }}
{{- end }}
{{- with $service.healthCheckNodePort }}
healthCheckNodePort: {{ . | int }}
{{- end }}
{{- with $service.clusterIPs }}
clusterIPs:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- include "gatehouse.serviceReach" $service }}
ports:
  {{- include "gatehouse.servicePorts" . | trim | nindent 2 }}
selector:
  {{- include "gatehouse.selectorLabels" $root | nindent 2 }}
{{- end -}}

{{/* How clients reach a Service, which several may have in common. */}}
{{- define "gatehouse.serviceReach" -}}
{{- $service := . -}}
{{- range $field := list "loadBalancerIP" "loadBalancerClass" "externalTrafficPolicy" "sessionAffinity" "trafficDistribution" "ipFamilyPolicy" }}
{{- with index $service $field }}
{{ $field }}: {{ . }}
{{- end }}
{{- end }}
{{- range $field := list "externalIPs" "loadBalancerSourceRanges" "ipFamilies" }}
{{- with index $service $field }}
{{ $field }}:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- if hasKey $service "allocateLoadBalancerNodePorts" }}
allocateLoadBalancerNodePorts: {{ $service.allocateLoadBalancerNodePorts }}
{{- end }}
{{- end -}}

{{- define "gatehouse.servicePorts" -}}
{{- $root := index . 0 -}}
{{- $service := index . 1 -}}
{{- $ports := index . 2 -}}
{{- $targetPorts := index . 3 -}}
{{- $hasNodePorts := ne (index . 4) "ClusterIP" -}}
{{- $main := $root.Values.controller.service -}}
{{- range $name := list "http" "https" }}
{{- if index $main (printf "enable%s" (title $name)) }}
- name: {{ $name }}
  port: {{ index $ports $name | int }}
  targetPort: {{ index $targetPorts $name }}
  protocol: TCP
  {{- if $service.appProtocol }}
  appProtocol: {{ $name }}
  {{- end }}
  {{- with ternary (index $service.nodePorts $name) "" $hasNodePorts }}
  nodePort: {{ . | int }}
  {{- end }}
{{- end }}
{{- end }}
{{- range $protocol := list "tcp" "udp" }}
{{- range $port, $target := index $root.Values $protocol }}
{{- $name := include "gatehouse.streamPortName" (list $root $port $protocol) }}
- name: {{ $name }}
  port: {{ $port | int }}
  targetPort: {{ $name }}
  protocol: {{ upper $protocol }}
  {{- with ternary (index (default (dict) (index $service.nodePorts $protocol)) $port) "" $hasNodePorts }}
  nodePort: {{ . | int }}
  {{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Annotations of a Service may be templates; (list . annotations). */}}
{{- define "gatehouse.serviceAnnotations" -}}
{{- $root := index . 0 -}}
{{- range $name, $value := index . 1 }}
{{ $name }}: {{ tpl (toString $value) $root | quote }}
{{- end }}
{{- end -}}
